import t from 'tap';
import { DecoderRig, type RigOptions, receivedMicros } from '../../support/decoder-rig.ts';
import {
  ipfix,
  netflow5,
  netflow5Record,
  netflow9,
  optionsRecord,
  set,
  templateRecord,
  u32,
} from '../../support/message-hex.ts';

const byFour = templateRecord(256, [[1, 4]]);
const byTwo = templateRecord(256, [[1, 2]]);
const empty = templateRecord(256, []);
const counts = (rig: DecoderRig): readonly unknown[] => rig.rows().map((row) => row.bytes);
const make = (options: RigOptions = {}): DecoderRig => new DecoderRig(options);

t.test('NetFlow v9 on the wire: Template, data, zeros behind it', async (t) => {
  const rig = make().send(`
    0009 0002 00001000 65e07240 00000001 00000005
    0000 000c  0100 0001  0001 0004
    0100 0010  00000001 00000002 00000000
    00000000 00000000 0000`);
  t.same(counts(rig), [1n, 2n, 0n], 'four zeros can be a record; what is behind the Set is padding');
  t.match(rig.totals, { datagrams: 1, decoded: 1, templates: 1, dataSets: 1, flowRecords: 3 });
});

t.test('IPFIX on the wire', async (t) => {
  const rig = make().send(`
    000a 002e 65e07240 00000000 0000002a
    0002 000c  0100 0001  0001 0004
    0100 000f  00000001 00000002 000000
    000000`);
  t.same(counts(rig), [1n, 2n], 'padding in the Set and behind it');
  t.same(rig.reasons(), {});
});

t.test('a Template that comes later: the data wait, in order', async (t) => {
  const rig = make();
  rig.send(ipfix({}, set(256, u32(1)), set(256, u32(2))));
  rig.send(ipfix({}, set(256, u32(3))));
  t.match(rig.totals, { decoded: 2, dataSets: 3, dataSetsWaiting: 3, dataSetsDecoded: 0 });
  rig.send(ipfix({}, set(2, byFour), set(256, u32(4))));
  t.same(counts(rig), [1n, 2n, 3n, 4n]);
  t.match(rig.totals, { dataSetsWaiting: 0, dataSetsDecoded: 4, dataSetsKept: 3 });
  t.equal(rig.decoder.waiting.bytes, 0);
});

t.test('they get the times and the sequence of the Message they came in', async (t) => {
  const rig = make().send(ipfix({}, set(256, u32(1))), { micros: receivedMicros - 5e6 });
  rig.send(ipfix({}, set(2, byFour)));
  t.match(rig.row(), { time: receivedMicros / 1e6 - 5, received: BigInt(receivedMicros) });
});

t.test('a Template of another port is good for them', async (t) => {
  const rig = make().send(ipfix({}, set(256, u32(1))), { port: 1 });
  rig.send(ipfix({}, set(2, byFour)), { port: 2 });
  rig.send(ipfix({}, set(256, u32(2))), { port: 3 });
  t.same(counts(rig), [1n, 2n]);
  rig.send(ipfix({ domain: 8 }, set(256, u32(3))), { port: 2 });
  t.equal(rig.totals.dataSetsWaiting, 1, 'that of another domain is not');
});

t.test('a refresh of another port serves them, too', async (t) => {
  const rig = make().send(ipfix({}, set(2, byFour)), { port: 1 });
  rig.send(ipfix({}, set(2, byTwo)), { port: 2 });
  rig.send(ipfix({}, set(2, '0100 0001 0001 0000')), { port: 2 });
  rig.send(ipfix({}, set(256, u32(9))), { port: 3 });
  t.equal(rig.totals.dataSetsWaiting, 1);
  rig.send(ipfix({}, set(2, byFour)), { port: 1 });
  t.same(counts(rig), [9n]);
});

t.test('what waits too long expires, by the time of receipt', async (t) => {
  const rig = make({ limits: { waitingMicros: 1000 } });
  rig.send(ipfix({}, set(256, u32(1))));
  rig.decoder.expire(receivedMicros + 1000);
  t.match(rig.totals, { dataSetsWaiting: 1 });
  rig.decoder.expire(receivedMicros + 1001);
  t.match(rig.totals, { dataSetsWaiting: 0, dataSetsExpired: 1 });
  rig.send(ipfix({}, set(256, u32(2))));
  rig.send(ipfix({}, set(2, byFour)), { micros: receivedMicros + 5000 });
  t.match(rig.totals, { dataSetsExpired: 2, flowRecords: 0 }, 'also when its Template comes after that');
});

t.test('bounded: what does not fit is dropped', async (t) => {
  const rig = make({ limits: { waitingBytesPerDomain: 1000 } });
  for (let i = 0; i < 10; i++) rig.send(ipfix({}, set(256, u32(i))));
  t.match(rig.totals, { dataSets: 10, dataSetsWaiting: 3, dataSetsDropped: 7 });
});

t.test(
  'a waiting Set that is bad is counted, and is no fault of the datagram that brought the Template',
  async (t) => {
    const rig = make()
      .send(ipfix({}, set(256, '0102')))
      .send(ipfix({}, set(2, byFour)));
    t.same(rig.reasons(), { 'set-without-record': 1 });
    t.match(rig.totals, { decoded: 2, partly: 0, dataSetsMalformed: 1 });
  },
);

t.test('an empty Data Set need not wait', async (t) => {
  const rig = make().send(ipfix({}, set(256)));
  t.match(rig.totals, { malformed: 1, dataSets: 1, dataSetsMalformed: 1, dataSetsWaiting: 0 });
});

t.test('Template life: refresh, another layout, withdrawal', async (t) => {
  const rig = make().send(ipfix({}, set(2, byFour), set(256, u32(1))));
  rig.send(ipfix({}, set(2, byFour), set(256, u32(2))));
  rig.send(ipfix({}, set(2, byTwo), set(256, '0003 0004')));
  rig.send(ipfix({}, set(2, empty), set(256, '0005')));
  t.same(counts(rig), [1n, 2n, 3n, 4n, 5n], 'over UDP a withdrawal is ignored (RFC 7011 8.4)');
  t.match(rig.totals, { templates: 3, templatesReplaced: 1, templatesWithdrawn: 1, decoded: 4 });
});

t.test('an Options Template in the place of a Template, and back', async (t) => {
  const rig = make().send(ipfix({}, set(2, byFour), set(256, u32(1))));
  rig.send(ipfix({}, set(3, optionsRecord(256, [[149, 4]], [[40, 4]])), set(256, u32(7) + u32(8)))); // biome-ignore format: short
  rig.send(ipfix({}, set(2, byFour), set(256, u32(2))));
  t.same(counts(rig), [1n, 2n]);
  t.equal(rig.options.length, 1);
});

t.test('an invalid redefinition removes the Template: data is not read by the old layout', async (t) => {
  const redefinitions = [
    '0100 0001 0001 0000',
    '0100 0002 0001 0004',
    '0100 0401 0001 0004',
    `0100 0014 ${'00010000'.repeat(20)}`,
  ];
  for (const bad of redefinitions) {
    const rig = make().send(ipfix({}, set(2, byFour), set(256, u32(1))));
    rig.send(ipfix({}, set(2, bad), set(256, u32(2))));
    t.match(
      rig.totals,
      { flowRecords: 1, dataSetsWaiting: 1, templatesRefused: 1, partly: 1 },
      bad.slice(0, 19),
    );
  }
  const full = make({ limits: { templateFieldsPerDomain: 2 } }).send(
    ipfix({}, set(2, byFour), set(256, u32(1))),
  );
  full.send(ipfix({}, set(2, templateRecord(256, [[1, 4], [2, 4], [4, 1]])), set(256, u32(1)))); // biome-ignore format: short
  t.match(full.totals, { flowRecords: 1, dataSetsWaiting: 1, templatesRefused: 1 });
});

t.test('a Template that was not used for long expires', async (t) => {
  const rig = make({ limits: { templateMicros: 1000 } }).send(ipfix({}, set(2, byFour)));
  rig.send(ipfix({}, set(256, u32(1))), { micros: receivedMicros + 1000 });
  rig.send(ipfix({}, set(256, u32(2))), { micros: receivedMicros + 2001 });
  t.match(rig.totals, { flowRecords: 1, templatesExpired: 1, dataSetsWaiting: 1 });
});

t.test('a bad Set costs itself; a bad Set length what follows it', async (t) => {
  const good = set(256, u32(1));
  const rig = make().send(ipfix({}, set(2, byFour), set(256, '0001'), good, set(7, '00000000'), good));
  t.same([counts(rig), rig.reasons()], [[1n, 1n], { 'set-without-record': 1, 'reserved-set': 1 }]); // biome-ignore format: short
  rig.send(ipfix({ sequence: 2 }, good, new Uint8Array([1, 0, 0, 3]), good));
  t.equal(counts(rig).length, 3);
  t.match(rig.totals, { datagrams: 2, partly: 2, malformed: 0 });
});

t.test('the NetFlow v9 count is not believed', async (t) => {
  for (const count of [0, 1, 99, 65535]) {
    const rig = make().send(netflow9({ count }, set(0, byFour), set(256, u32(1), u32(2))));
    t.same([counts(rig).length, rig.reasons()], [2, {}], `${count}`); // biome-ignore format: short
  }
});

t.test('NetFlow v5: the count, and what is really there', async (t) => {
  const record = netflow5Record();
  const outcome = (count: number, held: number, padding = '') => {
    const rig = make().send(netflow5({ count }, ...Array.from({ length: held }, () => record), padding));
    const { decoded, partly, malformed } = rig.totals;
    return [rig.rows().length, decoded, partly, malformed];
  };
  t.same(outcome(2, 2), [2, 1, 0, 0]);
  t.same(outcome(2, 2, '0000000000'), [2, 1, 0, 0], 'padding');
  t.same(outcome(3, 2), [2, 0, 1, 0], 'cut');
  t.same(outcome(1, 2), [1, 0, 1, 0], 'more than counted');
  t.same(outcome(65535, 1), [1, 0, 1, 0], 'absurd');
  t.same(outcome(5, 0), [0, 0, 0, 1]);
  t.same(outcome(0, 0), [0, 1, 0, 0]);
});

t.test('sequence numbers count flows, Messages, Data Records', async (t) => {
  const missing = (rig: DecoderRig): number =>
    [...rig.decoder.domains].reduce((sum, d) => sum + d.sequenceSums().missing, 0);
  t.equal(
    missing(
      make()
        .send(netflow5({ sequence: 0 }, netflow5Record(), netflow5Record()))
        .send(netflow5({ sequence: 5 }, netflow5Record())),
    ),
    3,
  );
  t.equal(
    missing(
      make()
        .send(netflow9({ sequence: 7 }, set(0, byFour)))
        .send(netflow9({ sequence: 9 }, set(256, u32(1)))),
    ),
    1,
  );
  const rig = make().send(ipfix({ sequence: 10 }, set(2, byFour), set(256, u32(1), u32(2))));
  rig.send(ipfix({ sequence: 12 }, set(3, optionsRecord(300, [[149, 4]], [[40, 4]])), set(300, u32(7) + u32(8)))); // biome-ignore format: short
  rig.send(ipfix({ sequence: 14 }, set(256, u32(3))));
  t.equal(missing(rig), 1, 'options records count, Templates do not');
});

t.test('a Set without Template makes the gap behind it unknown', async (t) => {
  const rig = make()
    .send(ipfix({ sequence: 1 }, set(300, u32(1))))
    .send(ipfix({ sequence: 50 }, set(2, byFour), set(256, u32(1))));
  const [domain] = rig.decoder.domains;
  t.match(domain?.sequenceSums(), { missing: 0, unknown: 1 });
});

t.test('datagrams that are none', async (t) => {
  const rig = make();
  for (const hex of ['', '00', '0000', '0009', '000a 0010', '0005 0001', 'ffff ffff']) rig.send(hex);
  t.match(rig.totals, { datagrams: 7, malformed: 7, decoded: 0 });
  t.same(rig.reasons(), { 'truncated-header': 5, 'unknown-version': 2 });
});

t.test('a flood of Template records of one datagram costs little', async (t) => {
  const rig = make();
  const fill = (port: number, length: number): void => {
    const templates = Array.from({ length: 1000 }, (_, i) => templateRecord(256 + i, [[1, length]]));
    rig.send(ipfix({}, set(2, ...templates)), { port });
  };
  for (let port = 0; port < 60; port++) fill(port, 4);
  const before = process.cpuUsage();
  for (let length = 1; length <= 8; length++) fill(0, length);
  // Time of the processor: somebody else's work is none of ours.
  t.ok(process.cpuUsage(before).user < 2e6, '8,000 Templates beside 60,000 others');
});
