import t from 'tap';
import { DecoderRig } from '../../support/decoder-rig.ts';
import {
  ipfix,
  ipfix as message,
  netflow5,
  netflow5Record,
  netflow9,
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

t.test('a Set that does not fit goes to the next batch, whole', async (t) => {
  const rig = new DecoderRig({ capacity: 10, batches: 3 });
  rig.send(
    ipfix({}, set(2, twoFields), set(256, records(0, 6)), set(256, records(6, 6)), set(256, records(12, 4))),
  );
  t.same(
    counts(rig),
    Array.from({ length: 16 }, (_, i) => BigInt(i)),
  );
  t.same(
    [...rig.full, rig.sink.batch].map((batch) => batch.rows),
    [6, 10],
  );
  rig.send(ipfix({}, set(256, records(16, 10))));
  rig.send(ipfix({}, set(256, records(26, 1))));
  t.equal(rig.sink.recordsDropped, 1, 'no batch is left');
  t.equal(rig.rows().length, 26);
  t.equal(rig.totals.flowRecords, 27, 'rows and dropped records are all of them');
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
