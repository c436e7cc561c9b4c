import { readFileSync } from 'node:fs';
import t from 'tap';
import { parseUlogdJson } from '../../../exporter/logs/parse-ulogd-json.ts';
import { formatJson } from '../../../exporter/print/format-json.ts';
import { endedConnection, newConnection } from '../../support/printed-records.ts';
import { saidConnection } from '../../support/said-connection.ts';

const said = (line: string | object, context = {}) =>
  saidConnection(parseUlogdJson, typeof line === 'string' ? line : JSON.stringify(line), context);
const linesOf = (name: string): string[] =>
  readFileSync(`fixtures/${name}.txt`, 'utf8').split('\n').slice(0, -1);
const lines = linesOf('logs/ulogd-json');
const lineOf = (event: number, text: string): string =>
  lines.find((line) => line.includes(`"ct.event": ${event},`) && line.includes(text)) ?? '';

t.test('the object of the seed: src_ip and dest_ip are the original addresses', async (t) => {
  t.same(said(linesOf('seeds/ulogd-json')[0] ?? '', { zone: 'Europe/Paris' }), {
    said: 'destroy ipv6 6',
    original: '2a01:e35:1394:5ad0:da50:e6ff:fe3c:1250 51384 > 2001:41d0:1:9598::1 22',
    reply: '2001:41d0:1:9598::1 22 > 2a01:e35:1394:5ad0:da50:e6ff:fe3c:1250 51384',
    id: 1384991512,
    ...{ hasCounters: true, packets: 23, octets: 5600, reversePackets: 20, reverseOctets: 4328 },
    ...{ startMicros: 1393068302_637516, endMicros: 1393068424_403240 },
    // 12:27:04 in Paris, and more exactly the end within that second.
    eventMicros: 1393068424_403240,
  });
});

t.test('a connection that begins and ends, translated', async (t) => {
  const tuples = {
    original: '192.0.2.10 53400 > 198.51.100.20 80',
    reply: '198.51.100.20 80 > 198.51.100.1 40386',
    id: 3362695109,
  };
  t.same(said(lineOf(1, '53400')), {
    ...{ said: 'new ipv4 6', ...tuples },
    ...{ startMicros: 1795296620_408080, eventMicros: 1795296620_408080 },
  });
  t.same(said(lineOf(4, '53400')), {
    ...{ said: 'destroy ipv4 6', ...tuples },
    ...{ hasCounters: true, packets: 5, octets: 318, reversePackets: 5, reverseOctets: 1268 },
    ...{ startMicros: 1795296620_407903, endMicros: 1795296621_409491, eventMicros: 1795296624e6 },
  });
});

t.test('ICMP, marks', async (t) => {
  t.match(said(lineOf(1, '"icmp.type"')), {
    original: '192.0.2.10 0 > 198.51.100.20 0 icmp 8 0 0',
    reply: '198.51.100.20 0 > 198.51.100.1 0',
  });
  t.match(said(lineOf(1, '15306')), { mark: 51966 });
  const icmp6 = {
    'orig.ip.protocol': 58,
    src_ip: '::1',
    dest_ip: '::2',
    'icmpv6.type': 128,
    'icmpv6.code': 0,
  };
  t.match(said(icmp6), { original: '::1 0 > ::2 0 icmp 128 0 0', reply: '::2 0 > ::1 0 icmp 129 0 0' });
});

t.test('eventv1, a zone in the time, and a kernel that neither counts nor knows the start', async (t) => {
  const uncounted = linesOf('logs/ulogd-json-eventv1').map((line) => said(line));
  t.ok(uncounted.every((one) => typeof one === 'object' && one.hasCounters === undefined));
  t.match(uncounted[0], { said: 'new ipv4 6', eventMicros: 1795296656_207418 });
  const ended = uncounted.find((one) => typeof one === 'object' && one.said === 'destroy ipv6 6');
  t.match(ended, { startMicros: undefined, endMicros: 1795296658_871581 });
});

t.test('without IP2STR there are no addresses, and packets are no connections', async (t) => {
  for (const line of linesOf('logs/ulogd-json-without-ip2str'))
    t.equal(said(line), 'it has no addresses: the stack of ulogd needs IP2STR before JSON');
  t.equal(said(linesOf('logs/ulogd-json-nflog')[0] ?? ''), 'other');
});

const base = {
  'orig.ip.protocol': 17,
  'orig.ip.saddr.str': '192.0.2.1',
  'orig.ip.daddr.str': '192.0.2.2',
  src_port: '1000',
  dest_port: 53,
};
const baseSaid = { original: '192.0.2.1 1000 > 192.0.2.2 53', reply: '192.0.2.2 53 > 192.0.2.1 1000' };

t.test('both spellings, numbers as strings, and no reply', async (t) => {
  t.match(said(base), { said: 'dump ipv4 17', ...baseSaid });
  const strings = Object.fromEntries(Object.entries(base).map(([key, value]) => [key, String(value)]));
  t.match(said({ ...strings, 'ct.event': '4', 'ct.id': '4294967295', 'ct.mark': null }), {
    ...{ said: 'destroy ipv4 17', id: 0xffffffff, ...baseSaid },
  });
});

t.test('what happened, where no event is said', async (t) => {
  const start = { 'flow.start.sec': 1393068302 };
  const end = { 'flow.end.sec': 1393068424, 'flow.end.usec': 5 };
  t.match(said({ ...base, ...start }), { said: 'new ipv4 17', startMicros: 1393068302e6 });
  t.match(said({ ...base, ...start, ...end }), { said: 'destroy ipv4 17', endMicros: 1393068424_000005 });
  t.match(said({ ...base, ...end }), { said: 'destroy ipv4 17', startMicros: undefined });
  t.match(said({ ...base, ...start, 'ct.event': 2 }), { said: 'update ipv4 17' });
  t.match(said({ ...base, 'flow.start.sec': 0, 'flow.start.usec': 7 }), { startMicros: undefined });
});

t.test('times', async (t) => {
  const at = (timestamp: unknown, zone = 'Europe/Berlin') => said({ ...base, timestamp }, { zone });
  const instant = Date.UTC(2026, 10, 21, 21, 30, 20) * 1000;
  t.match(at('Sat Nov 21 22:30:20 2026'), { eventMicros: instant });
  t.match(at('2026-11-21T22:30:20+0100'), { eventMicros: instant });
  t.match(at('2026-11-21T21:30:20.000005Z'), { eventMicros: instant + 5 });
  // ulogd has no zone where its own is UTC, whatever is meant by other logs.
  t.match(at('2026-11-21T21:30:20'), { eventMicros: instant });
  t.equal(at('yesterday'), 'timestamp is no time');
  t.match(at(7), { eventMicros: undefined });
});

t.test('addresses as integers, in either order', async (t) => {
  const integers = {
    ...{ 'orig.ip.protocol': 17, 'orig.ip.saddr': 806163628, 'orig.ip.daddr': '3325256714' },
    ...{ 'reply.ip.saddr': 3325256714, 'reply.ip.daddr': 806163628 },
  };
  t.match(said(integers, { integerAddresses: 'host' }), { original: '172.20.13.48 0 > 10.100.51.198 0' });
  t.match(said(integers, { integerAddresses: 'network' }), {
    original: '48.13.20.172 0 > 198.51.100.10 0',
    reply: '198.51.100.10 0 > 48.13.20.172 0',
  });
});

t.test('our own', async (t) => {
  const connection = {
    ...{ zone: 3, mark: 16, helper: 'ftp', labels: `${'0'.repeat(31)}1` },
    status: 0x400e,
    state: 7,
  };
  t.match(said(formatJson(endedConnection(connection))), {
    said: 'destroy ipv4 6',
    original: '192.168.1.129 60846 > 68.232.35.139 443',
    reply: '68.232.35.139 443 > 1.2.3.4 60946',
    ...connection,
    ...{ hasCounters: true, packets: 23, octets: 5600, reversePackets: 20, reverseOctets: 1050000 },
  });
  t.match(said(formatJson(newConnection())), { said: 'new ipv4 6', hasCounters: undefined });
  t.match(said({ ...base, event: 'interim' }), { said: 'update ipv4 17' });
  for (const event of ['aggregate', 'trace']) t.equal(said({ ...base, event }), 'other', event);
  t.equal(said({ ...base, event: 'new', nat_event: 4 }), 'other');
});

t.test('what is wrong', async (t) => {
  t.equal(said('{'), 'it is no JSON object');
  t.equal(said('null'), 'it is no JSON object');
  t.equal(said({}), 'it has no orig.ip.protocol');
  t.equal(said({ ...base, src_port: 65536 }), 'src_port is no number from 0 to 65535');
  t.equal(said({ ...base, src_port: '1x' }), 'src_port is no number from 0 to 65535');
  t.equal(said({ ...base, 'ct.mark': -1 }), 'ct.mark is no number from 0 to 4294967295');
  t.equal(said({ ...base, 'ct.mark': 1.5 }), 'ct.mark is no number from 0 to 4294967295');
  t.equal(said({ ...base, 'orig.ip.saddr.str': '192.0.2' }), 'orig.ip.saddr.str is no address');
  t.equal(said({ 'orig.ip.protocol': 6, src_ip: [1], dest_ip: '::1' }), 'src_ip is no address');
  t.match(said(base), baseSaid);
});
