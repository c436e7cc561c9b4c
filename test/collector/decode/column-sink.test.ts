import t from 'tap';
import { rowsPerDatagram } from '../../../collector/decode/limits.ts';
import { samplingSources } from '../../../collector/store/flow-columns.ts';
import { DecoderRig, receivedMicros } from '../../support/decoder-rig.ts';
import { announcement } from '../../support/element-announcement.ts';
import {
  ipfix,
  ipfix as message,
  netflow5,
  netflow5Record,
  netflow9,
  optionsRecord,
  type Specifier,
  set,
  templateRecord,
  u32,
} from '../../support/message-hex.ts';
import { briefRow } from '../../support/row-reader.ts';

const twoFields = templateRecord(256, [[8, 4], [1, 4]]); // biome-ignore format: short
const records = (from: number, count: number): string =>
  Array.from({ length: count }, (_, i) => `c0000201${u32(from + i)}`).join('');
const counts = (rig: DecoderRig): readonly unknown[] => rig.rows().map((row) => row.bytes);

t.test('a NetFlow v5 datagram', async (t) => {
  const rig = new DecoderRig().send(netflow5({ engine: 0x0102 }, netflow5Record()), {
    micros: 1709208130123456,
  });
  t.same(briefRow(rig.row(), 'flow_start', 'flow_end', 'time_source'), {
    src_addr: '192.0.2.1', dst_addr: '192.0.2.100', src_port: 50000, dst_port: 80, proto: 6, tcp_flags: 0x12, tos: 8, bytes: 256n, packets: 3n,
    in_if: 1, out_if: 2, next_hop: '192.0.2.254', src_as: 65000, dst_as: 65001, src_mask: 24, dst_mask: 16,
  }); // biome-ignore format: a row
  t.match(rig.row(), { version: 5, domain: 0x0102, exporter: '192.0.2.9', received: 1709208130123456n });
});

t.test('who sent it', async (t) => {
  const address = '20010db8000000000000000000000009';
  const rig = new DecoderRig().send(
    message({ domain: 0xffffffff }, set(2, twoFields), set(256, records(1, 1))),
    { address },
  );
  t.match(rig.row(), { exporter: '2001:db8::9', domain: 0xffffffff, version: 10 });
});

t.test('a Set that does not fit is dropped, whole, and counted', async (t) => {
  const rig = new DecoderRig({ capacity: 10 });
  rig.send(
    ipfix({}, set(2, twoFields), set(256, records(0, 6)), set(256, records(6, 6)), set(256, records(12, 4))),
  );
  t.same(
    counts(rig),
    [0, 1, 2, 3, 4, 5, 12, 13, 14, 15].map((i) => BigInt(i)),
  );
  t.equal(rig.sink.recordsDropped, 6);
  t.equal(rig.totals.flowRecords, 16, 'rows and dropped records are all of them');
  rig.reuse().send(ipfix({}, set(256, records(16, 10))));
  t.equal(rig.rows().length, 10, 'another batch');
});

t.test('a datagram makes so many rows, wherever they would have room', async (t) => {
  const octets = templateRecord(256, [[4, 1]]); // biome-ignore format: short
  const waiting = ipfix({}, set(256, '11'.repeat(65_000)));
  const rigs = [false, true].map((discarding) => {
    const rig = new DecoderRig({ capacity: 3 * rowsPerDatagram });
    rig.sink.discarding = discarding;
    for (let i = 0; i < 3; i++) rig.send(waiting);
    rig.send(ipfix({}, set(2, octets), set(256, '11'.repeat(1072)), set(256, '11')));
    rig.send(ipfix({}, set(256, '11')));
    return [rig.sink.batch.rows, rig.sink.recordsDiscarded, rig.sink.recordsDropped];
  });
  t.same(rigs, [
    [130_000 + 1072 + 1, 0, 65_001],
    [0, 130_000 + 1072 + 1, 65_001],
  ]);
});

t.test('a Set that waited is received when its Template comes, and dated when it came', async (t) => {
  const rig = new DecoderRig();
  const first = receivedMicros + 1;
  const second = first + 60e6;
  rig.send(ipfix({}, set(256, records(1, 2))), { micros: first });
  rig.send(ipfix({}, set(2, twoFields), set(256, records(3, 1))), { micros: second });
  t.same(
    rig.rows().map(({ bytes, received, time }) => [bytes, received, time]),
    [
      [1n, BigInt(second), Math.floor(first / 1e6)],
      [2n, BigInt(second), Math.floor(first / 1e6)],
      [3n, BigInt(second), Math.floor(second / 1e6)],
    ],
  );
});

t.test('no rows are made while discarding, and everything is learnt', async (t) => {
  const datagrams = [
    ipfix({}, set(3, optionsRecord(300, [[48, 1]], [[50, 4]])), set(300, `05 ${u32(100)}`)), // biome-ignore format: short
    ipfix({ sequence: 1 }, set(2, templateRecord(256, [[48, 1], [1, 2, 9999]])), set(256, '06 0102', '05 0304')), // biome-ignore format: short
    ipfix({ sequence: 3 }, set(2, templateRecord(257, [[1, 1], [34, 2], [82, 65535]])), set(257, '01 0007 0161')), // biome-ignore format: short
    ipfix({ sequence: 4 }, set(2, templateRecord(258, [[2, 1, 9999]])), set(258, '01', '02')), // biome-ignore format: short
  ];
  const run = (discarding: boolean, count: number): DecoderRig => {
    const rig = new DecoderRig({ extraKeys: 1 });
    rig.sink.discarding = discarding;
    for (const datagram of datagrams.slice(0, count)) rig.send(datagram);
    return rig;
  };
  for (let count = 1; count <= datagrams.length; count++)
    t.same(run(true, count).decoder.save(), run(false, count).decoder.save(), `${count}`);
  const rig = run(true, 4);
  const { sink, options } = rig;
  t.same([sink.batch.rows, sink.recordsDiscarded, sink.recordsDropped, sink.extraKeysRefused], [0, 5, 0, 2]);
  t.equal(options.length, 1, 'options data is not discarded');
  const sampling = (count: number) => [...run(true, count).decoder.domains][0]?.sampling;
  t.match(sampling(2), { lastRate: 100, lastSource: samplingSources.options });
  t.match(sampling(3), { lastRate: 7, lastSource: samplingSources.record });
  sink.discarding = false;
  rig.send(ipfix({ sequence: 6 }, set(256, '05 0506')));
  t.equal(sink.batch.rows, 1);
});

t.test('keys of extra that are one too many', async (t) => {
  const rig = new DecoderRig({ extraKeys: 1 });
  rig.send(ipfix({}, set(2, templateRecord(256, [[1, 1, 9999], [206, 1]]), templateRecord(257, [[1, 1, 9999], [2, 1, 9999]])))); // biome-ignore format: short
  rig.send(ipfix({}, set(256, '01 02'), set(257, '03 04')));
  t.same(
    rig.rows().map((row) => row.extra),
    [{ '9999.1': '0x01', isMulticast: '2' }, { '9999.1': '0x03' }],
  );
  t.same(rig.decoder.save().sink, { extraKeys: ['9999.1'], extraKeysRefused: 1, recordsDropped: 0 });
});

t.test('rows that a Template does not write are empty, whatever was there before', async (t) => {
  const rig = new DecoderRig();
  const full = templateRecord(257, [[8, 4], [12, 4], [7, 2], [4, 1], [1, 8], [22, 4], [21, 4], [56, 6], [233, 1], [136, 1], [34, 4], [61, 1], [225, 4]]); // biome-ignore format: a Template
  const octets = 'ff'.repeat(4 + 4 + 2 + 1 + 8 + 4 + 4 + 6 + 1 + 1 + 4 + 1 + 4);
  rig.send(netflow9({}, set(0, full, twoFields), set(257, octets.repeat(5))));
  rig.reuse();
  rig.send(
    netflow9({ sequence: 1 }, set(256, records(1, 2)), set(257, '00'.repeat(44)), set(256, records(3, 2))),
  );
  const rows = rig.rows();
  t.equal(rows.length, 5);
  for (const i of [0, 1, 3, 4])
    t.same(briefRow(rows[i] ?? {}), { src_addr: '192.0.2.1', bytes: BigInt([1, 2, 0, 3, 4][i] ?? 0) });
  t.same(briefRow(rows[2] ?? {}, 'flow_start', 'flow_end', 'time_source'), {
    direction: 1,
    src_addr: '0.0.0.0',
    dst_addr: '0.0.0.0',
    post_nat_src_addr: '0.0.0.0',
  });
});

t.test('Templates in turn', async (t) => {
  const rig = new DecoderRig();
  rig.send(ipfix({}, set(2, twoFields, templateRecord(257, [[1, 4], [8, 4]])))); // biome-ignore format: short
  for (let i = 0; i < 4; i++)
    rig.send(ipfix({}, set(256, records(2 * i, 1)), set(257, `${u32(2 * i + 1)}c0000201`)));
  t.same(counts(rig), [0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n]);
});

t.test('datagrams in the memory of the kernel, and elsewhere', async (t) => {
  for (const chunkBytes of [0, 65536]) {
    const rig = new DecoderRig({ chunkBytes });
    rig.send(ipfix({}, set(256, records(1, 2))));
    rig.send(ipfix({}, set(2, twoFields, templateRecord(257, [[82, 65535], [1, 4]])), set(256, records(3, 1)))); // biome-ignore format: short
    rig.send(ipfix({}, set(257, '01 61 00000004', '00 00000005')));
    t.same(counts(rig), [1n, 2n, 3n, 4n, 5n], `${chunkBytes}`);
  }
});

t.test('the largest Sets: 65,000 records of one octet, of fixed and of varying length', async (t) => {
  const rig = new DecoderRig({ capacity: 1 << 17 });
  rig.send(ipfix({}, set(2, templateRecord(256, [[4, 1]]), templateRecord(257, [[4, 1], [82, 65535]])))); // biome-ignore format: short
  rig.send(ipfix({}, set(256, '11'.repeat(65_000))));
  rig.send(ipfix({}, set(257, '0600'.repeat(32_000))));
  const rows = rig.rows();
  t.equal(rows.length, 97_000);
  t.ok(rows.every((row, i) => row.proto === (i < 65_000 ? 0x11 : 6)));
});

const own: readonly Specifier[] = [[1, 1, 32473], [2, 1, 32473]]; // biome-ignore format: short
const ownSet = set(2, templateRecord(256, own));
const ownRecord = set(256, '01 41');
const extras = (rig: DecoderRig): readonly unknown[] => rig.rows().map((row) => row.extra);

t.test('what is announced changes what Templates mean that were there before', async (t) => {
  const rig = new DecoderRig();
  rig.send(ipfix({}, ownRecord), {});
  rig.send(ipfix({}, ownSet, ownRecord, ...announcement([32473, 1, 1, 'n'], [32473, 2, 13, 's']), ownRecord));
  rig.send(ipfix({}, ...announcement([32473, 1, 13, 'n'], [32473, 2, 13, 't']), ownRecord));
  rig.send(ipfix({}, ...announcement([32473, 2, 13, '']), ownRecord));
  t.same(extras(rig), [
    { '32473.1': '0x01', '32473.2': '0x41' },
    { '32473.1': '0x01', '32473.2': '0x41' },
    { '32473.n': '1', '32473.s': 'A' },
    { '32473.n': '\u0001', '32473.t': 'A' },
    { '32473.n': '\u0001', '32473.2': 'A' },
  ]);
});

t.test('data that waited is read by what is known when its Template comes', async (t) => {
  const rig = new DecoderRig();
  rig.send(ipfix({}, ownRecord));
  rig.send(ipfix({}, ...announcement([32473, 1, 1, 'n']), ownSet));
  t.same(extras(rig), [{ '32473.n': '1', '32473.2': '0x41' }]);
});

t.test('an announcement that waited for its Template', async (t) => {
  const [template, records] = announcement([32473, 1, 1, 'n']);
  const rig = new DecoderRig();
  rig.send(ipfix({}, records ?? set(999), ownSet, ownRecord));
  rig.send(ipfix({}, template ?? set(3), ownRecord));
  t.same(extras(rig), [{ '32473.1': '0x01', '32473.2': '0x41' }, { '32473.n': '1', '32473.2': '0x41' }]); // biome-ignore format: short
});

t.test('what is said in domain 0 holds for all of the exporter, and elsewhere for one domain', async (t) => {
  const rig = new DecoderRig();
  const domains = [0, 1, 2];
  const extraOf = (domain: number, address = '00000000000000000000ffffc0000209'): unknown => {
    rig.reuse().send(ipfix({ domain }, ownSet, ownRecord), { address });
    return rig.row().extra;
  };
  const unknown = { '32473.1': '0x01', '32473.2': '0x41' };
  t.same(domains.map((d) => extraOf(d)), [unknown, unknown, unknown]); // biome-ignore format: short
  rig.send(ipfix({ domain: 1 }, ...announcement([32473, 1, 1, 'n'])));
  t.same(domains.map((d) => extraOf(d)), [unknown, { '32473.n': '1', '32473.2': '0x41' }, unknown]); // biome-ignore format: short
  rig.send(ipfix({ domain: 0 }, ...announcement([32473, 1, 1, 'whole'], [32473, 2, 13, 'n'])));
  t.same(domains.map((d) => extraOf(d)), [
    { '32473.whole': '1', '32473.n': 'A' },
    { '32473.n': '1', '32473.2': 'A' },
    { '32473.whole': '1', '32473.n': 'A' },
  ]); // biome-ignore format: short
  t.same(extraOf(2, '00000000000000000000ffffc000020a'), unknown, 'another exporter');
});

t.test('when domain 0 is forgotten, so is what it said', async (t) => {
  const rig = new DecoderRig({ limits: { domains: 2 } });
  rig.send(ipfix({ domain: 0 }, ...announcement([32473, 1, 1, 'n'], [32473, 2, 13, 's'])));
  rig.send(ipfix({ domain: 1 }, ownSet, ownRecord), { micros: 2 * receivedMicros });
  rig.send(ipfix({ domain: 2 }), { micros: 2 * receivedMicros });
  rig.send(ipfix({ domain: 1 }, ownRecord), { micros: 2 * receivedMicros });
  t.same(extras(rig), [{ '32473.n': '1', '32473.s': 'A' }, { '32473.1': '0x01', '32473.2': '0x41' }]); // biome-ignore format: short
});

t.test('exporters that say different things of one layout', async (t) => {
  const rig = new DecoderRig();
  const [one, other] = [{ address: `${'00'.repeat(10)}ffffc0000201` }, { address: `${'00'.repeat(10)}ffffc0000202` }]; // biome-ignore format: short
  rig.send(ipfix({}, ...announcement([32473, 1, 1, 'n']), ownSet), one);
  rig.send(ipfix({}, ...announcement([32473, 1, 5, 'm']), ownSet), other);
  for (const sender of [one, other, one]) rig.send(ipfix({}, set(256, 'ff 41')), sender);
  t.same(extras(rig), [
    { '32473.n': '255', '32473.2': '0x41' },
    { '32473.m': '-1', '32473.2': '0x41' },
    { '32473.n': '255', '32473.2': '0x41' },
  ]);
});

t.test('keys that were announced count as those that strangers make up', async (t) => {
  const rig = new DecoderRig({ extraKeys: 1 });
  rig.send(ipfix({}, ...announcement([32473, 1, 1, 'n'], [32473, 2, 1, '__proto__']), ownSet, ownRecord));
  t.same(extras(rig), [{ '32473.n': '1' }]);
  t.equal(rig.sink.extraKeysRefused, 1);
  t.same(rig.decoder.save().sink?.extraKeys, ['32473.n']);
});

t.test('elements of ours feed their columns, whatever the enterprise that announced them', async (t) => {
  const fields: readonly Specifier[] = [[5, 65535, 99], [6, 4, 99], [7, 16, 99], [8, 4, 100], [9, 8, 100], [10, 1, 99]]; // biome-ignore format: short
  const template = templateRecord(256, fields);
  const record = (id: string, v4: string) => `${id} ${v4} 20010db8000000000000000000000001 000003e8 0000000000000011 03`; // biome-ignore format: short
  const data = set(256, record('02 4142', 'c0000207'), record('00', '00000000'));
  const rig = new DecoderRig();
  rig.send(ipfix({}, set(2, template), data));
  t.match(rig.rows()[0], { request_id: '', extra: { '99.5': '0x4142', '100.8': '0x000003e8' } });
  rig.reuse().send(
    ipfix(
      {},
      ...announcement(
        ...[[99, 5, 13, 'proxyRequestId'], [99, 6, 18, 'proxyClientIPv4Address'], [99, 7, 19, 'proxyClientIPv6Address']] as const,
        ...[[100, 8, 3, 'sourceProcessGroupId'], [100, 9, 4, 'destinationProcessCgroupId'], [99, 10, 3, 'sourceProcessQuality']] as const,
      ),
      data,
    ),
  ); // biome-ignore format: a table
  const numbers = { process_gid: 1000, dst_process_cgroup_id: 17n, process_quality: 0, extra: { '99.sourceProcessQuality': '3' } }; // biome-ignore format: short
  t.match(rig.rows(), [
    { request_id: 'AB', client_addr: '192.0.2.7', ...numbers },
    { request_id: '', client_addr: '2001:db8::1', ...numbers },
  ]);
  t.same(Object.keys(rig.rows()[0]?.extra ?? {}), ['99.sourceProcessQuality'], 'of another type than ours');
});

t.test('groups that are off: what was announced is in extra', async (t) => {
  const rig = new DecoderRig({ groups: [] });
  rig.send(ipfix({}, ...announcement([99, 5, 13, 'proxyRequestId']), set(2, templateRecord(256, [[5, 65535, 99], [168, 4, 35632]])))); // biome-ignore format: short
  rig.send(ipfix({}, set(256, '02 4142 00000932')));
  t.same(rig.row().extra, { '99.proxyRequestId': 'AB', SRC_PROC_PID: '2354' });
});
