import t from 'tap';
import { FilterCursor } from '../../../collector/filter/filter-cursor.ts';
import { parseFilter } from '../../../collector/filter/parse-filter.ts';
import { filterMistake } from '../../support/filter-value.ts';

const sqlOf = (text: string): string => parseFilter(new FilterCursor(text)).condition((column) => column);

t.test('and, or, not', async (t) => {
  const [udp, ssh, dns] = ['proto = 17', 'src_port = {f0:UInt16}', 'src_port = {f1:UInt16}'];
  t.equal(sqlOf('udp or src port 22 and src_port 53'), `(${udp} OR (${ssh} AND ${dns}))`);
  t.equal(sqlOf('(udp or src port 22) and src_port 53'), `((${udp} OR ${ssh}) AND ${dns})`);
  t.equal(sqlOf('((udp))'), udp);
  t.equal(sqlOf('not udp and src port 22'), `(NOT (${udp}) AND ${ssh})`);
  t.equal(sqlOf('NOT NOT udp'), udp);
  t.equal(sqlOf('!!! (udp || src port 22)'), `NOT ((${udp} OR ${ssh}))`);
  t.equal(sqlOf(''), '1');
  t.equal(sqlOf(' # nothing'), '1');
});

t.test('below an odd number of NOTs flags are denied one by one', async (t) => {
  const all = '(proto = 6 AND bitAnd(tcp_flags, {f0:UInt16}) = {f0:UInt16})';
  const some = '(proto = 6 AND bitAnd(tcp_flags, {f0:UInt16}) != 0)';
  t.equal(sqlOf('flags SA'), all);
  t.equal(sqlOf('not flags SA'), `NOT (${some})`);
  t.equal(sqlOf('not (udp or flags SA)'), `NOT ((proto = 17 OR ${some}))`);
  t.equal(sqlOf('not (udp or not flags SA)'), `NOT ((proto = 17 OR NOT (${all})))`);
});

t.test('of packets, or why not', async (t) => {
  const packetOf = (text: string) => parseFilter(new FilterCursor(text)).packet;
  t.type(packetOf('tcp and port 80'), 'function');
  t.same(packetOf('tcp and (port 80 or bps > 5 or nat)'), { words: 'bps', at: 20 });
});

t.test('mistakes have a place', async (t) => {
  const cases: readonly (readonly [text: string, at: number, expected: RegExp, hint?: string])[] = [
    ['prot tcp', 0, /^a term, such as proto/, 'did you mean proto?'],
    ['tcp and', 7, /^a term/],
    ['tcp udp', 4, /^and, or, or the end$/],
    ['tcp)', 3, /^and, or, or the end$/, 'there is no ( for it'],
    ['(tcp', 4, /^and, or, or \)$/],
    ['()', 1, /^a term/],
    ['src prt 5', 4, /^one of ip, host, net, port/, 'did you mean port?'],
    ['dst', 3, /^one of ip, host, net/],
    ['nat src', 7, /^one of ip, net, port/],
    ['tcp and port', 12, /^a port or the name of a service$/],
    ['next', 4, /^one of as, hop, ip$/],
    ['geo de', 0, /^a term/, 'the ledger does not know where addresses are'],
    ['5', 0, /^a term/],
    ['__proto__ 5', 0, /^a term/],
    ['record_kind constructor', 12, /^one of flow, interim, event$/],
  ];
  for (const [text, at, expected, hint] of cases) {
    const mistake = filterMistake(() => sqlOf(text));
    t.same([mistake.at, mistake.hint], [at, hint], text);
    t.match(mistake.expected, expected, text);
  }
});
