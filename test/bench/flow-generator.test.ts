import t from 'tap';
import {
  FlowGenerator,
  firstRecordAt,
  firstSwitchedAt,
  freshUptimeMs,
  lastSwitchedAt,
  patchDatagram,
  recordBytes,
  recordsPerDatagram,
} from './flow-generator.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

t.test('the Template, octet by octet', async (t) => {
  const fields =
    '0008000400' +
    '0c0004000f0004000a0004000e00040002000800010008001600040015000400070002000b0002' +
    '0006000200040001';
  const rest = '0005000100100004001100040009' + '0001000d0001';
  const header = `00090001${'00'.repeat(16)}`;
  t.equal(hex(new FlowGenerator().templateDatagram()), `${header}0000005001000012${fields}${rest}`);
});

t.test('23 records of 62 octets, padded to four', async (t) => {
  t.equal(recordBytes, 62);
  const datagram = new FlowGenerator().dataDatagram();
  t.equal(datagram.length, 1452);
  const view = viewOf(datagram);
  t.same([view.getUint16(0), view.getUint16(2), view.getUint16(20), view.getUint16(22)], [9, 23, 256, 1432]);
  t.equal(hex(datagram.subarray(1450)), '0000');
});

t.test('the same seed, the same octets; the flows themselves differ', async (t) => {
  const first = new FlowGenerator(7);
  const second = new FlowGenerator(7);
  const datagram = first.dataDatagram();
  t.same(datagram, second.dataDatagram());
  t.notSame(datagram, first.dataDatagram());
  const records = Array.from({ length: recordsPerDatagram }, (_, i) =>
    hex(datagram.subarray(firstRecordAt + i * recordBytes, firstRecordAt + (i + 1) * recordBytes)),
  );
  t.equal(new Set(records).size, recordsPerDatagram);
});

t.test('times of the last 60 s, and plausible counters', async (t) => {
  const generator = new FlowGenerator(3);
  const hosts = new Map<number, number>();
  for (let i = 0; i < 200; i++) {
    const view = viewOf(generator.dataDatagram());
    for (let r = 0, at = firstRecordAt; r < recordsPerDatagram; r++, at += recordBytes) {
      const first = view.getUint32(at + firstSwitchedAt);
      const last = view.getUint32(at + lastSwitchedAt);
      const packets = view.getUint32(at + 24);
      const octets = view.getUint32(at + 32);
      if (first > last || last > freshUptimeMs || freshUptimeMs - first > 60_000)
        t.fail(`flow from ${first} to ${last}`);
      if (packets < 1 || octets < 40 * packets || octets > 1500 * packets)
        t.fail(`${octets} octets, ${packets} packets`);
      const source = view.getUint32(at);
      hosts.set(source, (hosts.get(source) ?? 0) + 1);
    }
  }
  const busiest = Math.max(...hosts.values());
  t.ok(hosts.size > 1000, `${hosts.size} sources`);
  t.ok(busiest > 100, `the busiest one has ${busiest} of 4600`);
});

t.test('the moment of sending is put in, and flow times move with it', async (t) => {
  const view = viewOf(new FlowGenerator().dataDatagram());
  const lastAt = firstRecordAt + 22 * recordBytes + lastSwitchedAt;
  const before = view.getUint32(lastAt);
  const moment = {
    uptimeMs: freshUptimeMs + 1500,
    unixSeconds: 1_700_000_000,
    sequence: 0xfffffffe,
    domain: 3,
  };
  patchDatagram(view, moment);
  patchDatagram(view, moment);
  t.equal(view.getUint32(lastAt), before + 1500, 'once');
  t.same(
    [view.getUint32(4), view.getUint32(8), view.getUint32(12), view.getUint32(16)],
    [freshUptimeMs + 1500, 1_700_000_000, 0xfffffffe, 3],
  );
});
