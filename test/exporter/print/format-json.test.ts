import t from 'tap';
import type { FlowRecord } from '../../../exporter/meter/flow-record.ts';
import { formatJson } from '../../../exporter/print/format-json.ts';
import { aggregate, endedConnection, newConnection, packetFlow } from '../../support/printed-records.ts';
import { curl, makeTrace, onlyUid, traceRecord } from '../../support/processes.ts';

const parsed = (record: FlowRecord): Record<string, unknown> => {
  const line = formatJson(record);
  if (line.indexOf('\n') !== line.length - 1) throw new Error(`not one line: ${line}`);
  return JSON.parse(line) as Record<string, unknown>;
};

const natTuples = {
  proto: 'tcp',
  src_ip: '192.168.1.129',
  dest_ip: '68.232.35.139',
  src_port: 60846,
  dest_port: 443,
  'orig.ip.protocol': 6,
  'orig.ip.saddr.str': '192.168.1.129',
  'orig.ip.daddr.str': '68.232.35.139',
  'orig.l4.sport': 60846,
  'orig.l4.dport': 443,
  'reply.ip.protocol': 6,
  'reply.ip.saddr.str': '68.232.35.139',
  'reply.ip.daddr.str': '1.2.3.4',
  'reply.l4.sport': 443,
  'reply.l4.dport': 60946,
  'oob.family': 2,
};

t.test('a new connection: no counters, no end', async (t) => {
  t.strictSame(parsed(newConnection()), {
    timestamp: '2026-01-02T03:04:05.000006Z',
    event: 'new',
    ...natTuples,
    flow_id: '6957336a528d4718',
    'ct.event': 1,
    'ct.id': 1384991512,
    'ct.mark': 0,
    nat: true,
    status: ['CONFIRMED', 'SRC_NAT'],
    tcp_state: 'SYN_SENT',
  });
});

t.test('an ended connection', async (t) => {
  const record = endedConnection({
    zone: 3,
    mark: 0x8000_0000,
    helper: 'ftp',
    labels: '0'.repeat(31).concat('5'),
  });
  t.strictSame(parsed(record), {
    timestamp: '2026-01-02T03:04:05.000006Z',
    event: 'destroy',
    ...natTuples,
    'flow.start.sec': 1_767_322_922,
    'flow.start.usec': 234_282,
    'flow.end.sec': 1_767_323_045,
    'flow.end.usec': 6,
    duration: 122.765724,
    end_reason: 'end',
    packets: 20,
    bytes: 4400,
    reply_packets: 17,
    reply_bytes: 1_048_576,
    'orig.raw.pktcount': 23,
    'orig.raw.pktlen': 5600,
    'reply.raw.pktcount': 20,
    'reply.raw.pktlen': 1_050_000,
    tcp_flags: 27,
    reply_tcp_flags: 27,
    flow_id: '6957336a528d4718',
    'ct.event': 4,
    'ct.id': 1384991512,
    'ct.mark': 2_147_483_648,
    zone: 3,
    nat: true,
    status: ['SEEN_REPLY', 'ASSURED', 'CONFIRMED', 'SRC_NAT'],
    tcp_state: 'TIME_WAIT',
    helper: 'ftp',
    labels: '00000000000000000000000000000005',
  });
});

t.test('what is not known is not there', async (t) => {
  const unknown = parsed(
    endedConnection({
      startMicros: 0,
      hasCounters: false,
      endReason: 0,
      state: 0,
      status: 0,
      connectionId: 0,
    }),
  );
  for (const key of Object.keys(unknown))
    t.notMatch(key, /^flow\.start|duration|end_reason|packets|bytes|raw|state|status|ct\.id/);
  t.equal(unknown['flow.end.sec'], 1_767_323_045);
  t.equal('timestamp' in parsed(packetFlow({ endMicros: 2 ** 60 })), false, 'a time that no calendar has');
});

t.test('events have the start, where the kernel tells it', async (t) => {
  const record = parsed(newConnection({ event: 'update', startMicros: 1_767_323_000_000_000 }));
  t.match(record, { event: 'update', 'ct.event': 2, 'flow.start.sec': 1_767_323_000, 'flow.start.usec': 0 });
  t.equal('flow.end.sec' in record || 'duration' in record, false);
});

t.test('an event of a NAT', async (t) => {
  const record = parsed(
    newConnection({ form: 'nat-event', event: 'destroy', natEvent: 5, hasCounters: true }),
  );
  t.match(record, { ...natTuples, event: 'destroy', nat_event: 5, nat: true, 'ct.event': 4 });
  t.equal('bytes' in record || 'flow.end.sec' in record, false);
});

t.test('interim records', async (t) => {
  t.match(parsed(endedConnection({ event: 'interim', endReason: 2 })), {
    event: 'interim',
    'ct.event': 2,
    end_reason: 'active',
  });
});

t.test('states of other protocols', async (t) => {
  t.match(parsed(newConnection({ protocol: 132, state: 4 })), { proto: 'sctp', sctp_state: 'ESTABLISHED' });
  t.match(parsed(newConnection({ protocol: 33, state: 1 })), { proto: 'dccp', dccp_state: 'REQUEST' });
  t.equal('udp_state' in parsed(newConnection({ protocol: 17, state: 1 })), false);
});

t.test('ICMP has no ports', async (t) => {
  const record = parsed(
    endedConnection({
      protocol: 1,
      srcPort: 0,
      dstPort: 0,
      postSrcPort: 0,
      postDstPort: 0,
      icmpType: 8,
      icmpCode: 0,
      icmpId: 77,
    }),
  );
  t.match(record, { proto: 'icmp', 'icmp.type': 8, 'icmp.code': 0, 'icmp.echoid': 77 });
  t.equal('src_port' in record || 'orig.l4.sport' in record || 'reply.l4.sport' in record, false);
});

t.test('packets over IPv6', async (t) => {
  t.strictSame(parsed(packetFlow({ inInterface: 2, vlan: 100, innerVlan: 7, tos: 0xb8 })), {
    timestamp: '2026-01-02T03:04:05.000006Z',
    event: 'destroy',
    proto: 'udp',
    src_ip: '2001:db8::1',
    dest_ip: '2001:db8:0:1::53',
    src_port: 40000,
    dest_port: 53,
    'orig.ip.protocol': 17,
    'orig.ip.saddr.str': '2001:db8::1',
    'orig.ip.daddr.str': '2001:db8:0:1::53',
    'orig.l4.sport': 40000,
    'orig.l4.dport': 53,
    'reply.ip.protocol': 17,
    'reply.ip.saddr.str': '2001:db8:0:1::53',
    'reply.ip.daddr.str': '2001:db8::1',
    'reply.l4.sport': 53,
    'reply.l4.dport': 40000,
    'oob.family': 10,
    'flow.start.sec': 1_767_323_044,
    'flow.start.usec': 998_506,
    'flow.end.sec': 1_767_323_045,
    'flow.end.usec': 6,
    duration: 0.0015,
    end_reason: 'idle',
    packets: 1,
    bytes: 70,
    reply_packets: 1,
    reply_bytes: 150,
    'orig.raw.pktcount': 1,
    'orig.raw.pktlen': 70,
    'reply.raw.pktcount': 1,
    'reply.raw.pktlen': 150,
    flow_id: '00000001ffffffff',
    in_interface: 2,
    vlan: 100,
    inner_vlan: 7,
    tos: 184,
  });
});

t.test('an aggregate', async (t) => {
  t.strictSame(parsed(aggregate({ endReason: 2, source: 'conntrack' })), {
    timestamp: '2026-01-02T03:04:05.000006Z',
    event: 'aggregate',
    proto: 'tcp',
    src_ip: '10.1.2.0',
    src_prefix: 24,
    dest_ip: '192.0.2.80',
    dest_prefix: 32,
    dest_port: 443,
    'orig.ip.protocol': 6,
    'oob.family': 2,
    'flow.start.sec': 1_767_322_985,
    'flow.start.usec': 500_006,
    'flow.end.sec': 1_767_323_045,
    'flow.end.usec': 6,
    duration: 59.5,
    packets: 240,
    bytes: 24_000,
    reply_packets: 480,
    reply_bytes: 480_000,
    flows: 12,
    flows_initiated: 5,
    flows_completed: 1,
    distinct_sources: 3,
    distinct_destinations: 1,
  });
});

t.test('names of others cannot end the string or the line', async (t) => {
  const helper = 'x","nat":false,"\n\u001b[2J';
  t.match(parsed(endedConnection({ helper })), { helper, nat: true });
  t.match(formatJson(endedConnection({ helper })), /^[ -~]*\n$/);
});

t.test('processes at both ends', async (t) => {
  const record = parsed(
    newConnection({ srcProcess: { ...curl, command: 'sh -c "a\\b"\n\u202e' }, dstProcess: onlyUid }),
  );
  const keys = Object.entries(record).filter(([key]) => key.includes('process'));
  t.same(Object.fromEntries(keys), {
    'process.pid': 2354,
    'process.uid': 1000,
    'process.gid': 1000,
    'process.name': 'curl',
    'process.user': 'alice',
    'process.command': 'sh -c "a\\b"\n\u202e',
    'process.cgroup': '/user.slice/a.service',
    'process.cgroup_id': 4711,
    'process.quality': 'exact',
    'dst_process.uid': 33,
    'dst_process.quality': 'uid only',
  });
  const line = formatJson(newConnection({ srcProcess: { ...curl, command: '\u202e\u009b' } }));
  t.match(line, /^[ -~]+\n$/);
});

t.test('a trace has the keys of the proxy', async (t) => {
  const trace = makeTrace({ back: ['2001:db8::1', 40001, '2001:db8::9', 8080], client: '203.0.113.9' });
  t.same(parsed(traceRecord(trace)), {
    timestamp: '2026-01-02T03:04:05.000006Z',
    event: 'trace',
    proto: 'tcp',
    front_src_ip: '198.51.100.7',
    front_src_port: 52000,
    front_dst_ip: '192.0.2.1',
    front_dst_port: 443,
    back_src_ip: '2001:db8::1',
    back_src_port: 40001,
    back_dst_ip: '2001:db8::9',
    back_dst_port: 8080,
    req_id: 'aRdK@w',
    sess_id: 'S-1',
    mapping: 'shop',
    client_ip: '203.0.113.9',
    host: 'waf1',
  });
  const bare = parsed(traceRecord(makeTrace({ requestId: '', sessionId: '', mapping: '', host: '' })));
  t.notOk(Object.keys(bare).some((key) => /req_id|sess_id|mapping|client_ip|^host/.test(key)));
});
