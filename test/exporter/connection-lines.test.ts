import t from 'tap';
import { ConnectionLines } from '../../exporter/connection-lines.ts';
import type { FlowRecord } from '../../exporter/meter/flow-record.ts';
import { formatAddress } from '../../shared/wire/address.ts';

const listed = (port: number): string =>
  `tcp      6 431999 ESTABLISHED src=192.0.2.1 dst=198.51.100.2 sport=${port} dport=443 src=198.51.100.2 dst=192.0.2.1 sport=443 dport=${port} [ASSURED] mark=0 use=1`;
const integers =
  '{"orig.ip.protocol": 17, "ct.event": 1, "orig.ip.saddr": 806163628, "orig.ip.daddr": 16777343}';
const writtenMs = 1_700_000_000_000;

const makeRig = (integerAddresses: 'network' | 'host' = 'network') => {
  const records: FlowRecord[] = [];
  const sources: string[] = [];
  const complaints: string[] = [];
  const lines = new ConnectionLines(
    { events: ['new', 'update', 'destroy'], natEvents: 'off', integerAddresses, zone: 'Europe/Zurich' },
    {
      receive: (record) => {
        records.push({ ...record });
        sources.push(formatAddress(record.srcAddress, 0));
      },
      complain: (line, problem) => complaints.push(`${line}: ${problem}`),
    },
  );
  return { lines, records, sources, complaints };
};

t.test('lines become records; what is not understood is told with its number', async (t) => {
  const { lines, records, complaints } = makeRig();
  t.equal(lines.made, 'nothing');
  lines.begin({ position: 1000, line: 10 });
  const header = 'conntrack v1.4.7 (conntrack-tools): 2 flow entries have been shown.';
  const text = `${listed(1)}\n${header}\nnonsense\n${listed(2)}`;
  const octets = Buffer.from(text);
  await lines.octets(octets.subarray(0, 40), writtenMs);
  await lines.octets(octets.subarray(40), writtenMs);
  t.same(
    records.map(({ srcPort, endMicros }) => [srcPort, endMicros]),
    [[1, writtenMs * 1000]],
  );
  t.equal(lines.position, 1000 + text.lastIndexOf('\n') + 1, 'the last line has no end yet');
  t.equal(lines.line, 13);
  await lines.end('whole');
  t.equal(records[1]?.srcPort, 2);
  t.match(lines, { position: 1000 + text.length, line: 14, records: 2, untimed: 2, unit: 'line' });
  t.same(lines.counters, { units: 4, others: 1, notUnderstood: 1 });
  t.match(complaints, [/^13: /]);
  t.equal(complaints.length, 1);
  t.equal(lines.made, '2 listed connections');
  t.match(lines.fields, { listed: 2, flows: 0, events: 0 });
});

t.test('a line that is cut off, or may go on, is no line', async (t) => {
  for (const how of ['cut', 'waiting'] as const) {
    const { lines, records, complaints } = makeRig();
    lines.begin({ position: 0, line: 0 });
    await lines.octets(Buffer.from(`${listed(1)}\n${listed(2).slice(0, 100)}`), writtenMs);
    await lines.end(how);
    t.equal(records.length, 1);
    t.same(complaints, []);
    t.equal(lines.position, listed(1).length + 1);
    lines.begin({ position: 0, line: 0 });
    await lines.octets(Buffer.from(`${listed(3)}\n`), writtenMs);
    t.equal(records[1]?.srcPort, 3, 'and is not before what comes next');
  }
});

t.test('what is no line is left out', async (t) => {
  const { lines, complaints } = makeRig();
  lines.begin({ position: 0, line: 0 });
  const octets = Buffer.from(`${'x'.repeat(100_000)}\n${listed(1)}\n`);
  await lines.octets(octets, writtenMs);
  t.match(complaints, ['1: it has more than 65536 octets']);
  t.match(lines, { records: 1, position: octets.length });
});

t.test('addresses that are numbers: the one that an operator found mirrored', async (t) => {
  for (const [order, source] of [
    ['network', '48.13.20.172'],
    ['host', '172.20.13.48'],
  ] as const) {
    const { lines, sources } = makeRig(order);
    lines.begin({ position: 0, line: 0 });
    await lines.octets(Buffer.from(`${integers}\n`), writtenMs);
    t.same(sources, [source]);
  }
});

t.test('times without a zone are of the zone that was given', async (t) => {
  const { lines, records } = makeRig();
  lines.begin({ position: 0, line: 0 });
  const ended = '[DESTROY] ORIG: SRC=192.0.2.1 DST=192.0.2.2 PROTO=TCP SPT=6000 DPT=22 PKTS=0 BYTES=0 ';
  const line = `Feb 22 10:50:36 host ${ended}, REPLY: SRC=192.0.2.2 DST=192.0.2.1 PROTO=TCP SPT=22 DPT=6000 PKTS=0 BYTES=0\n`;
  await lines.octets(Buffer.from(line), Date.UTC(2014, 5, 1));
  t.equal(records[0]?.endMicros, Date.UTC(2014, 1, 22, 9, 50, 36) * 1000);
  t.equal(lines.made, '1 flow');
});
