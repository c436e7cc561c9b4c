import t from 'tap';
import type { FlowRecord } from '../../../exporter/meter/flow-record.ts';
import { formatText, textHeader } from '../../../exporter/print/format-text.ts';
import { aggregate, endedConnection, newConnection, packetFlow } from '../../support/printed-records.ts';
import { curl, makeTrace, onlyUid, traceRecord } from '../../support/processes.ts';

const format = formatText({ colour: false });
// biome-ignore format: the columns are the point
const table = [
  ['TIME (UTC)               EVENT       PROTO                  SOURCE -> DESTINATION           PACKETS     BYTES REPLIES     BYTES    DURATION  ', 'STATE, END, [TRANSLATION], PROCESS'],
  ['2026-01-02T03:04:05.000Z new         tcp       192.168.1.129:60846 -> 68.232.35.139:443                                                      ', 'SYN_SENT [as 1.2.3.4:60946 -> 68.232.35.139:443]'],
  ['2026-01-02T03:04:05.000Z destroy     tcp       192.168.1.129:60846 -> 68.232.35.139:443          20   4.3 KiB      17     1 MiB   2 min 3 s  ', 'TIME_WAIT, end [as 1.2.3.4:60946 -> 68.232.35.139:443]'],
  ['2026-01-02T03:04:05.000Z interim     tcp       192.168.1.129:60846 -> 68.232.35.139:443          20   4.3 KiB      17     1 MiB              ', 'ESTABLISHED, active'],
  ['2026-01-02T03:04:05.000Z nat destroy tcp       192.168.1.129:60846 -> 68.232.35.139:443                                                      ', '[as 1.2.3.4:60946 -> 10.0.0.2:443]'],
  ['2026-01-02T03:04:05.000Z flow        udp       [2001:db8::1]:40000 -> [2001:db8:0:1::53]:53       1      70 B       1     150 B      1.5 ms  ', 'idle'],
  ['2026-01-02T03:04:05.000Z aggregate   tcp               10.1.2.0/24 -> 192.0.2.80:443            240  23.4 KiB     480   469 KiB      59.5 s  ', '12 flows (5 began, 1 ended), 3 sources, 1 destination'],
] as const;

/** What stands behind the columns. */
const tailOf = (record: FlowRecord): string => format(record).slice(table[0][0].length, -1);

t.test('columns stand below their names', async (t) => {
  const lines = [
    textHeader(),
    format(newConnection()),
    format(endedConnection()),
    format(
      endedConnection({ isTranslated: false, event: 'interim', endReason: 2, state: 3, startMicros: 0 }),
    ),
    format(
      newConnection({
        form: 'nat-event',
        event: 'destroy',
        natEvent: 5,
        state: 0,
        postDstAddress: '10.0.0.2',
      }),
    ),
    format(packetFlow()),
    format(aggregate()),
  ];
  t.strictSame(
    lines,
    table.map(([columns, words]) => `${columns}${words}\n`),
  );
});

t.test('what is unusual has words', async (t) => {
  const plain = { isTranslated: false, mark: 0, zone: 0 };
  t.equal(tailOf(endedConnection(plain)), 'TIME_WAIT, end');
  t.equal(
    tailOf(endedConnection({ ...plain, status: 8, state: 1, endReason: 1 })),
    'SYN_SENT, idle, unanswered',
  );
  t.equal(tailOf(endedConnection({ ...plain, status: 0 })), 'TIME_WAIT, end', 'a log does not say it');
  t.equal(tailOf(endedConnection({ ...plain, status: 0x4002 })), 'TIME_WAIT, end, offloaded');
  t.equal(tailOf(endedConnection({ ...plain, status: 0x8002 })), 'TIME_WAIT, end, offloaded');
  t.equal(
    tailOf(endedConnection({ ...plain, zone: 3, mark: 0xf000_0000, helper: 'ftp' })),
    'TIME_WAIT, end, zone 3, mark 0xf0000000, helper ftp',
  );
  t.equal(tailOf(newConnection({ ...plain, protocol: 17 })), '', 'UDP has no states');
  t.equal(tailOf(packetFlow({ endReason: 2 })), 'active');
});

t.test('names of others cannot drive the terminal', async (t) => {
  const line = format(endedConnection({ isTranslated: false, helper: 'x\n\u001b[2J y' }));
  t.match(line, /, helper x\\u000a\\u001b\[2J\\u0020y\n$/);
  t.match(line, /^[ -~]*\n$/);
});

t.test('ICMP has a type, and no ports', async (t) => {
  const none = { srcPort: 0, dstPort: 0, postSrcPort: 0, postDstPort: 0 };
  const line = format(newConnection({ ...none, protocol: 1, state: 0, icmpType: 8, icmpCode: 0 }));
  t.match(line, / new {9}icmp +192\.168\.1\.129 -> 68\.232\.35\.139 {2}/);
  t.match(line, / {2}type 8 code 0 \[as 1\.2\.3\.4 -> 68\.232\.35\.139\]\n$/);
});

t.test('without counters there are none', async (t) => {
  t.notMatch(format(endedConnection({ hasCounters: false })), /KiB|MiB|\b0\b B/);
});

t.test('aggregates of one flow, without a port', async (t) => {
  const one = aggregate({
    family: 6,
    protocol: 47,
    srcAddress: '2001:db8::',
    srcPrefixLength: 32,
    dstAddress: '2001:db8:1::1',
    dstPrefixLength: 128,
    dstPort: 0,
    flowsPresent: 1,
    distinctSources: 1,
  });
  t.match(format(one), /aggregate {3}gre +2001:db8::\/32 -> 2001:db8:1::1 {2}/);
  t.match(format(one), / {2}1 flow \(5 began, 1 ended\), 1 source, 1 destination\n$/);
});

t.test('colour, where it is asked for, does not move the columns', async (t) => {
  const plain = format(newConnection());
  t.equal(
    formatText({ colour: true })(newConnection()),
    plain.replace('new        ', '\u001b[32mnew        \u001b[0m'),
  );
});

t.test('a time that no calendar has', async (t) => {
  t.match(format(packetFlow({ endMicros: 2 ** 60 })), /^- {24}flow {8}udp /);
});

t.test('processes at the end of the line', async (t) => {
  const plain = { isTranslated: false, protocol: 17, state: 0 };
  t.equal(tailOf(newConnection({ ...plain, srcProcess: curl })), 'by 2354 curl (exact)');
  const nginx = { ...curl, pid: 0, name: '', quality: 2, cgroup: '/system.slice/nginx.service' } as const;
  t.equal(
    tailOf(newConnection({ srcProcess: { ...curl, quality: 4 }, dstProcess: nginx })),
    'SYN_SENT [as 1.2.3.4:60946 -> 68.232.35.139:443] by 2354 curl (cached) to /system.slice/nginx.service (cgroup only)',
  );
  t.equal(tailOf(newConnection({ ...plain, dstProcess: onlyUid })), 'to uid 33 (uid only)');
  const named = { ...curl, name: 'x\u001b[2J\n' };
  t.equal(tailOf(newConnection({ ...plain, srcProcess: named })), 'by 2354 x\\u001b[2J\\u000a (exact)');
});

t.test('a trace: the connection behind the proxy, and the request', async (t) => {
  const line = format(traceRecord(makeTrace()));
  t.match(line, /^2026-01-02T03:04:05\.000Z trace {7}tcp +198\.51\.100\.7:52000 -> 192\.0\.2\.1:443 /);
  t.equal(tailOf(traceRecord(makeTrace())), '[as 10.0.0.1:40001 -> 10.0.0.9:8080] request aRdK@w');
  const mixed = makeTrace({ back: ['2001:db8::1', 1, '2001:db8::9', 2], requestId: '' });
  t.equal(tailOf(traceRecord(mixed)), '[as [2001:db8::1]:1 -> [2001:db8::9]:2]');
});
