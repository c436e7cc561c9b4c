import { readFileSync } from 'node:fs';
import t from 'tap';
import { parseConntrackText } from '../../../exporter/logs/parse-conntrack-text.ts';
import { saidConnection } from '../../support/said-connection.ts';

const said = (line: string, context = {}) => saidConnection(parseConntrackText, line, context);
const linesOf = (name: string): string[] =>
  readFileSync(`fixtures/${name}.txt`, 'utf8').split('\n').slice(0, -1);
const events = linesOf('logs/conntrack-events');
const second = 1795296600e6;

/** The only event of its kind with this text in it. */
const event = (kind: string, text: string): string => {
  const found = events.filter((line) => line.includes(`[${kind}] `) && line.includes(text));
  if (found.length !== 1) throw new Error(`${found.length} lines have ${text}`);
  return found[0] ?? '';
};

t.test('the listing of the seed', async (t) => {
  t.same(said(linesOf('seeds/conntrack-listing')[0] ?? ''), {
    said: 'dump ipv4 6',
    original: '192.168.1.129 53400 > 19.1.16.7 443',
    reply: '19.1.16.7 443 > 1.2.3.4 53500',
    status: 14,
    timeoutSeconds: 431999,
    state: 3,
  });
});

t.test('a connection from its beginning to its end', async (t) => {
  const tuples = {
    original: '192.0.2.10 53400 > 198.51.100.20 80',
    reply: '198.51.100.20 80 > 198.51.100.1 40386',
    id: 3362695109,
  };
  t.same(said(event('NEW', 'sport=53400 ')), {
    ...{ said: 'new ipv4 6', ...tuples },
    ...{ status: 8, timeoutSeconds: 120, state: 1, eventMicros: second + 20_408_602 },
  });
  t.same(
    said(events.filter((line) => line.includes('ESTABLISHED') && line.includes('sport=53400 '))[0] ?? ''),
    {
      ...{ said: 'update ipv4 6', ...tuples },
      ...{ status: 14, timeoutSeconds: 432000, state: 3, eventMicros: second + 20_408_635 },
    },
  );
  t.same(said(event('DESTROY', 'sport=53400 ')), {
    ...{ said: 'destroy ipv4 6', ...tuples },
    ...{ hasCounters: true, packets: 5, octets: 318, reversePackets: 5, reverseOctets: 1268 },
    ...{ status: 14, state: 7, startMicros: second + 20e6, stopMicros: second + 21e6 },
    eventMicros: second + 24_073_532,
  });
});

t.test('IPv6, a translated destination, zones, marks, helpers', async (t) => {
  t.match(said(event('NEW', 'sport=53402 ')), {
    said: 'new ipv6 6',
    original: '2001:db8:1::10 53402 > 2001:db8:2::20 80',
    reply: '2001:db8:2::20 80 > 2001:db8:1::10 53402',
  });
  t.match(said(event('NEW', 'sport=53401 ')), {
    original: '192.0.2.10 53401 > 192.0.2.1 8080',
    reply: '198.51.100.20 80 > 198.51.100.1 40308',
  });
  t.match(said(event('NEW', 'src=192.0.2.10 dst=198.51.100.20 sport=15301 ')), { zone: 7 });
  t.match(said(event('NEW', 'src=192.0.2.10 dst=198.51.100.20 sport=15302 ')), { zone: 9 });
  t.match(said(event('NEW', 'src=192.0.2.10 dst=198.51.100.20 sport=15303 ')), { zone: 11 });
  t.match(said(event('NEW', 'sport=15306 ')), { mark: 51966 });
  t.match(said(event('NEW', 'sport=53404 ')), { helper: 'ftp' });
});

t.test('ICMP has ids of its own, GRE has keys', async (t) => {
  t.match(said(event('NEW', 'id=4660 ')), {
    original: '192.0.2.10 0 > 198.51.100.20 0 icmp 8 0 4660',
    reply: '198.51.100.20 0 > 198.51.100.1 0 icmp 0 0 4660',
    id: 2441441289,
  });
  t.match(said(event('DESTROY', 'icmpv6')), {
    original: '2001:db8:1::10 0 > 2001:db8:2::20 0 icmp 128 0 17386',
    reply: '2001:db8:2::20 0 > 2001:db8:1::10 0 icmp 129 0 17386',
    ...{ id: 2742027913, packets: 2, octets: 208, reversePackets: 2, reverseOctets: 208 },
  });
  t.match(said(event('NEW', 'dstkey=0x1234 ')), {
    said: 'new ipv4 47',
    original: '192.0.2.10 0 > 198.51.100.20 4660',
    reply: '198.51.100.20 4660 > 198.51.100.1 0',
  });
  t.match(said(event('NEW', 'unknown  99')), { said: 'new ipv4 99', timeoutSeconds: 2 });
});

t.test('an event that a process caused', async (t) => {
  t.match(said(event('DESTROY', 'dport=5309 ')), { portId: 2723314437, timeoutSeconds: 1 });
});

t.test('listings, with and without times, and what conntrack says of them', async (t) => {
  const listing = linesOf('logs/conntrack-listing').map((line) => said(line));
  t.equal(listing[0], 'other');
  t.equal(listing.filter((one) => one === 'other').length, 2);
  t.match(listing[1], {
    said: 'dump ipv4 17',
    ...{ original: '192.0.2.10 15309 > 198.51.100.20 5309', id: 52191065, startMicros: second + 23e6 },
  });
  const proc = linesOf('logs/proc-nf-conntrack').map((line) => said(line));
  t.ok(proc.every((one) => typeof one === 'object'));
  t.match(proc[0], {
    ...{ said: 'dump ipv6 58', original: '2001:db8:1::10 0 > 2001:db8:2::20 0 icmp 128 0 17386' },
    ...{ timeoutSeconds: 0, startMicros: undefined, packets: 2 },
  });
  t.match(proc[4], { said: 'dump ipv4 47', timeoutSeconds: 1 });
});

t.test('ktimestamp is in the zone of the host', async (t) => {
  const berlin = said(event('DESTROY', 'sport=53400 '), { zone: 'Europe/Berlin' });
  t.match(berlin, { startMicros: second + 20e6 - 3600e6, eventMicros: second + 24_073_532 });
});

t.test('offloaded connections have no timeout, and syslog may be before events', async (t) => {
  const tuples = 'src=192.0.2.1 dst=192.0.2.2 sport=1 dport=2 src=192.0.2.2 dst=192.0.2.1 sport=2 dport=1';
  t.match(said(`tcp      6 ${tuples} [OFFLOAD] mark=0 secctx=a:b use=2`), { status: 0x400a });
  t.match(said(`ipv4     2 tcp      6 ${tuples} [HW_OFFLOAD] mark=0`), { status: 0xc00a });
  t.match(said(`Nov 21 11:00:00 gw conntrack[7]:  [NEW] udp 17 30 ${tuples} [UNREPLIED]`), {
    ...{ said: 'new ipv4 17', timeoutSeconds: 30, eventMicros: Date.UTC(2026, 10, 21, 11) * 1000 },
  });
  t.match(said(`sctp     132 3 COOKIE_WAIT ${tuples}`), { said: 'dump ipv4 132', state: 2 });
});

t.test('without a reply it is the original turned round', async (t) => {
  t.match(said('udp 17 30 src=192.0.2.1 dst=192.0.2.2 sport=1 dport=2 [UNREPLIED]'), {
    reply: '192.0.2.2 2 > 192.0.2.1 1',
  });
});

t.test('expectations and empty lines are about no connection', async (t) => {
  t.equal(
    said('    [NEW] 300 proto=6 src=192.0.2.1 dst=192.0.2.2 sport=0 dport=40000 mask-src=255.255.255.255'),
    'other',
  );
  t.equal(said(''), 'other');
  t.equal(said(' \t'), 'other');
});

t.test('what is wrong', async (t) => {
  t.equal(said('hello'), 'it is no line of ulogd, conntrack, or our own');
  t.equal(said('tcp 6 1 src=192.0.2.256 dst=192.0.2.2'), 'src= or dst= has no address');
  t.equal(said('tcp 6 1 src=192.0.2.1 dst=192.0.2.2 sport=65536'), 'a value is no number from 0 to 65535');
  t.equal(said('tcp src=192.0.2.1 dst=192.0.2.2'), 'there is no number of a protocol before src=');
  t.equal(said('tcp 256 src=192.0.2.1 dst=192.0.2.2'), 'there is no number of a protocol before src=');
  t.equal(said('tcp 6 src=192.0.2.1 sport=1'), 'it has not one src= and one dst= for each of its directions');
  t.match(said('tcp 6 src=::1 dst=::2 src=::2 dst=::1 src=::3 dst=::4'), /each of its directions/);
});

t.test('no piece of a line throws', async (t) => {
  for (const line of events.slice(-4))
    for (let length = 0; length < line.length; length++) t.doesNotThrow(() => said(line.slice(0, length)));
});
