import t from 'tap';
import { formatLog } from '../../../exporter/print/format-log.ts';
import { aggregate, endedConnection, newConnection, packetFlow } from '../../support/printed-records.ts';
import { curl, makeTrace, onlyUid, traceRecord } from '../../support/processes.ts';

const time = '2026-01-02T03:04:05.000006Z';

t.test('a new connection, without counters that nobody knows', async (t) => {
  t.equal(
    formatLog(newConnection()),
    `${time} [NEW] ORIG: SRC=192.168.1.129 DST=68.232.35.139 PROTO=TCP SPT=60846 DPT=443 , ` +
      'REPLY: SRC=68.232.35.139 DST=1.2.3.4 PROTO=TCP SPT=443 DPT=60946\n',
  );
});

t.test('an ended connection, with what it has carried since it began', async (t) => {
  t.equal(
    formatLog(endedConnection({ mark: 0xff00_0010, zone: 3 })),
    `${time} [DESTROY] ORIG: SRC=192.168.1.129 DST=68.232.35.139 PROTO=TCP SPT=60846 DPT=443 PKTS=23 BYTES=5600 , ` +
      'REPLY: SRC=68.232.35.139 DST=1.2.3.4 PROTO=TCP SPT=443 DPT=60946 PKTS=20 BYTES=1050000 MARK=0xff000010 ZONE=3\n',
  );
});

t.test('updates, with counters and without', async (t) => {
  t.match(
    formatLog(endedConnection({ event: 'interim' })),
    / \[UPDATE\] ORIG: .* PKTS=23 BYTES=5600 , REPLY: /,
  );
  t.match(formatLog(newConnection({ event: 'update' })), / \[UPDATE\] ORIG: .* DPT=443 , REPLY: /);
  t.notMatch(formatLog(endedConnection({ hasCounters: false })), /PKTS/);
});

t.test('events of a NAT', async (t) => {
  t.equal(
    formatLog(newConnection({ form: 'nat-event', natEvent: 4 })),
    `${time} [NEW] ORIG: SRC=192.168.1.129 DST=68.232.35.139 PROTO=TCP SPT=60846 DPT=443 , ` +
      'REPLY: SRC=68.232.35.139 DST=1.2.3.4 PROTO=TCP SPT=443 DPT=60946 NATEVENT=4\n',
  );
  t.match(formatLog(newConnection({ form: 'nat-event', event: 'destroy', natEvent: 5 })), / \[DESTROY\] /);
});

t.test('ICMP has types, the other one in the answer', async (t) => {
  const icmp = {
    srcPort: 0,
    dstPort: 0,
    postSrcPort: 0,
    postDstPort: 0,
    icmpType: 8,
    icmpCode: 0,
    icmpId: 77,
  };
  t.equal(
    formatLog(newConnection({ ...icmp, protocol: 1 })),
    `${time} [NEW] ORIG: SRC=192.168.1.129 DST=68.232.35.139 PROTO=ICMP TYPE=8 CODE=0 , ` +
      'REPLY: SRC=68.232.35.139 DST=1.2.3.4 PROTO=ICMP TYPE=0 CODE=0\n',
  );
  t.equal(
    formatLog(packetFlow({ ...icmp, protocol: 58, icmpType: 1, icmpCode: 4, hasCounters: false })),
    `${time} [DESTROY] ORIG: SRC=2001:db8::1 DST=2001:db8:0:1::53 PROTO=ICMPv6 TYPE=1 CODE=4 , ` +
      'REPLY: SRC=2001:db8:0:1::53 DST=2001:db8::1 PROTO=ICMPv6 TYPE=1 CODE=4\n',
  );
});

t.test('protocols without ports, or that the kernel does not name', async (t) => {
  const none = { srcPort: 0, dstPort: 0, postSrcPort: 0, postDstPort: 0 };
  t.match(
    formatLog(newConnection({ ...none, protocol: 50 })),
    /PROTO=ESP , REPLY: SRC=68.232.35.139 DST=1.2.3.4 PROTO=ESP\n$/,
  );
  t.match(formatLog(newConnection({ protocol: 132 })), /PROTO=132 SPT=60846 DPT=443 ,/);
});

t.test('packets', async (t) => {
  t.equal(
    formatLog(packetFlow()),
    `${time} [DESTROY] ORIG: SRC=2001:db8::1 DST=2001:db8:0:1::53 PROTO=UDP SPT=40000 DPT=53 PKTS=1 BYTES=70 , ` +
      'REPLY: SRC=2001:db8:0:1::53 DST=2001:db8::1 PROTO=UDP SPT=53 DPT=40000 PKTS=1 BYTES=150\n',
  );
  t.match(formatLog(packetFlow({ endReason: 2 })), / \[UPDATE\] /);
});

t.test('aggregates have networks and one port', async (t) => {
  t.equal(
    formatLog(aggregate()),
    `${time} [AGGREGATE] ORIG: SRC=10.1.2.0/24 DST=192.0.2.80 PROTO=TCP DPT=443 PKTS=240 BYTES=24000 , ` +
      'REPLY: SRC=192.0.2.80 DST=10.1.2.0/24 PROTO=TCP SPT=443 PKTS=480 BYTES=480000 FLOWS=12\n',
  );
  t.match(
    formatLog(aggregate({ protocol: 47, dstPort: 0, hasCounters: false })),
    /PROTO=47 , REPLY: .* PROTO=47 FLOWS=12\n$/,
  );
});

t.test('a time that no calendar has', async (t) => {
  t.match(formatLog(packetFlow({ endMicros: 2 ** 60 })), /^- \[DESTROY\] ORIG: /);
});

t.test('processes, with the words that the kernel has for users', async (t) => {
  t.match(
    formatLog(newConnection({ srcProcess: curl })),
    / DPT=60946 UID=1000 GID=1000 PID=2354 COMM=curl\n$/,
  );
  t.match(formatLog(newConnection({ dstProcess: onlyUid })), / DPT=60946 DUID=33\n$/);
  const named = { ...onlyUid, name: 'a b\n' };
  t.match(formatLog(newConnection({ srcProcess: named })), / UID=33 COMM=a\\u0020b\\u000a\n$/);
});

t.test('a trace: from the client to the back end', async (t) => {
  t.equal(
    formatLog(traceRecord(makeTrace({ requestId: 'R 1' }))),
    `${time} [TRACE] ORIG: SRC=198.51.100.7 DST=192.0.2.1 PROTO=TCP SPT=52000 DPT=443 , ` +
      'REPLY: SRC=10.0.0.9 DST=10.0.0.1 PROTO=TCP SPT=8080 DPT=40001 REQUEST=R\\u00201\n',
  );
});
