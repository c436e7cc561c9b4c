import t from 'tap';
import { type ConnectionMatch, matchConnections } from '../../../collector/extract/connection-match.ts';
import { parseConnection } from '../../../collector/extract/parse-connection.ts';
import { ethernet, icmp, ip, tcp, udp } from '../../support/mixed-packets.ts';
import { packetFactsOf } from '../../support/packet-facts-of.ts';

const [a, b, other] = ['10.1.0.1', '192.0.2.9', '192.0.2.10'];
const frame = (src: string, dst: string, protocol: number, transport: Uint8Array): Uint8Array =>
  ethernet(src.includes(':') ? 0x86dd : 0x0800, ip({ src, dst, protocol }, transport));

/** A second apart, from 2024-01-01T00:00:00.000007Z on. */
const facts = packetFactsOf([
  frame(a, b, 6, tcp(40_000, 443, 2)),
  frame(b, a, 6, tcp(443, 40_000, 0x12)),
  frame(b, a, 6, tcp(40_000, 443, 2)),
  frame(a, other, 6, tcp(40_000, 443, 2)),
  frame(a, b, 17, udp(40_000, 443)),
  frame(a, b, 6, tcp(40_001, 443, 2)),
  frame(a, b, 1, icmp(8, 0)),
  frame('2001:db8::1', '2001:db8::2', 6, tcp(40_000, 443, 2)),
  frame(b, a, 6, tcp(443, 40_000, 0x11)),
]);
const startMicros = 1_704_067_200_000_007;
const passed = (...list: readonly ConnectionMatch[]): number[] => {
  const test = matchConnections(list);
  return facts.flatMap((one, i) => (test(one) ? [i] : []));
};
const web = parseConnection(`tcp ${a}:40000 ${b}:443`);

t.test('both directions of the full tuple, and nothing else', async (t) => {
  t.same(passed(web), [0, 1, 8]);
  t.same(passed({ ...web, a: web.b, b: web.a }), [0, 1, 8], 'the ends may be swapped');
  t.same(passed(parseConnection('tcp [2001:db8::2]:443 [2001:db8::1]:40000')), [7]);
  t.same(passed(parseConnection(`icmp ${b} ${a}`)), [6], 'no ports');
  t.same(passed(), []);
});

t.test('between two times, both in it', async (t) => {
  t.same(passed({ ...web, fromMicros: startMicros + 1e6 }), [1, 8]);
  t.same(passed({ ...web, fromMicros: startMicros + 1e6, toMicros: startMicros + 7.9e6 }), [1]);
  t.same(passed({ ...web, toMicros: startMicros - 1 }), []);
});

t.test('several, of the same ports, too', async (t) => {
  const second = parseConnection(`tcp ${a}:40000 ${other}:443`);
  t.same(passed(web, second, parseConnection(`udp ${a}:40000 ${b}:443`)), [0, 1, 3, 4, 8]);
});
