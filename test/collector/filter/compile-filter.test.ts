import t, { type Test } from 'tap';
import { compileFilter } from '../../../collector/filter/compile-filter.ts';
import { FilterError } from '../../../collector/filter/filter-error.ts';
import { filterTerms } from '../../../collector/filter/filter-terms.ts';
import { flowsColumnSql } from '../../../collector/filter/flows-column-sql.ts';
import { flowColumns } from '../../../collector/store/flow-columns.ts';
import { type FilterLedger, startFilterLedger } from '../../support/filter-ledger.ts';
import { hasPeers } from '../../support/peers.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

/** The rows are in test/support/filter-ledger.ts. */
const truth: readonly (readonly [filter: string, passing: readonly number[]])[] = [
  ['', [1, 2, 3, 4, 5, 6, 7, 8]],
  ['any', [1, 2, 3, 4, 5, 6, 7, 8]],
  ['not any', []],
  ['ipv4', [1, 2, 3, 5, 8]],
  ['inet6', [4, 6]],
  ['proto tcp', [1, 5, 6, 8]],
  ['tcp and not ipv6', [1, 5, 8]],
  ['proto in [udp 1]', [2, 3]],
  ['proto > 16', [2, 4]],
  ['ip 10.0.0.1', [1, 3]],
  ['dst ip 10.0.0.3 or src ip 2001:DB8::1', [2, 6]],
  ['ip 10.0.0.0/30', [1, 2, 3]],
  ['net 10.0.0.0 255.0.0.0', [1, 2, 3, 5, 8]],
  ['dst net 10/8', [2, 3, 8]],
  ['ip != 10.0.0.1', [2, 4, 5, 6, 7, 8]],
  ['src ip not in [10.0.0.0/16, fe80::1]', [5, 6, 7, 8]],
  ['port https', [1]],
  ['port 22', [6, 8]],
  ['dst port 22', [6]],
  ['dst port in [53 400-500 22]', [1, 2, 6]],
  ['dst port 8000-9000', [8]],
  ['src or dst port 22', [6, 8]],
  ['src and dst port >= 53', [1, 2, 5]],
  ['port != 22 and tcp', [1, 5]],
  ['service 22', [6, 8]],
  ['service domain', [2]],
  ['icmp type 8', [3]],
  ['icmp type 128 and icmp-code 3', [4]],
  ['icmp code 0', [3]],
  ['not icmp type 8 and icmp', []],
  ['flags S', [1, 6, 8]],
  ['flags S and not flags A', [6]],
  ['tcp and not flags AF', [5, 6]],
  ['flags 2', [6]],
  ['flags 0', [5]],
  ['tos 184', [1]],
  ['dscp 46', [1]],
  ['bytes > 999k', [6, 7]],
  ['bytes = 18446744073709551615', [6]],
  ['bytes in [18446744073709551615 60]', [6, 8]],
  ['bytes 0.06k-0.084k', [3, 4, 8]],
  ['out bytes > 0', [8]],
  ['duration 2000', [1]],
  ['duration 2s', [1]],
  ['duration = 0', [2, 3, 4, 5, 6, 7, 8]],
  ['bps 20000', [1]],
  ['pps 5', [1]],
  ['bpp = 111111', [7]],
  ['bpp 0', [3, 4, 5]],
  ['flows > 1', [7]],
  ['in if 1', [1, 2]],
  ['if eth0', [1]],
  ['if "uplink (a)"', [1]],
  ['in if in [ETH9 2]', [2]],
  ['out if eth0', []],
  ['if "1"', []],
  ['dir ingress', [1]],
  ['dir 1', [2]],
  ['direction != unknown', [1, 2]],
  ['as 64500', [1, 8]],
  ['src as > 64500', [8]],
  ['dst mask 24', [1]],
  ['next hop 192.0.2.7', [1]],
  ['vlan 100', [1]],
  ['src mac 00:11:22:aa:bb:cc', [8]],
  ['mac in [0011.22aa.bbcc 00-00-00-00-00-01]', [8]],
  ['mpls label 3', [8]],
  ['mpls label > 16003 and mpls_labels != 17', [8]],
  ['vrf red', [8]],
  ['zone 5', [8]],
  ['app http', [8]],
  ['end reason active', [8]],
  ['nat', [1, 5]],
  ['nat src ip 203.0.113.7', [1]],
  ['src xip 203.0.113.8', [5]],
  ['nat net 203.0.113.0/24', [1, 5]],
  ['nport 2000-53500', [1, 5]],
  ['nat event create', [5]],
  ['nat event 4', [5]],
  ['nat event delete', []],
  ['firewall event create', [5]],
  ['exporter 192.0.2.253', [2]],
  ['exporter CORE-fra', [1, 3, 4, 5, 6, 7, 8]],
  ['exporter in [edge 198.51.100.1]', [2]],
  ['not router ip 192.0.2.252/31', [1, 3, 4, 5, 6, 7, 8]],
  ['domain 7 and collector ber2', [2]],
  ['collector ~ BER', [2]],
  ['sampling > 1', [2]],
  ['record_kind event', [5]],
  ['record_kind in [event 0]', [1, 2, 3, 4, 5, 6, 7, 8]],
  ['time >= 2026-11-21T10:00:01', [1]],
  ['flow_start = "2026-11-21 10:00"', [1, 2]],
  [`process_name = "sshd 'x'"`, [8]],
  ['process_name ~ SSH', [8]],
  ['process_name !~ ssh and src_port 22', []],
  ['extra samplerName', [8]],
  ['extra samplerName = S1', [8]],
  ['extra samplerName = s1', []],
  ['extra 9.1 > 41.5', [8]],
  ['extra samplerName > 1', []],
  ['not extra samplerName > 1 and extra 9.1', [8]],
  ['extra samplerName in [S1 S2]', [8]],
  ['port 22 or port 53 and udp', [2, 6, 8]],
  ['(port 22 or port 53) and udp', [2]],
  ['not (tcp or udp) && !(ip 10.0.0.1 || ip fe80::1)', [7]],
  ['tcp # and udp\n and port 22', [6, 8]],
];

const checkTruth = async (t: Test, { passing }: FilterLedger): Promise<void> => {
  for (const [filter, expected] of truth) t.same(await passing(filter), expected, filter || 'no filter');
};

/** Filters that are right and long; what only the size of them could break. */
const checkSizes = async (t: Test, { passing }: FilterLedger): Promise<void> => {
  const networks = Array.from(
    { length: 200 },
    (_, i) => `10.${i}.${i}.0/24 2001:db8:${i}::/48 172.16.${i}.0/25`,
  );
  t.same(
    await passing(`src net in [${networks.join(' ')}]`),
    [1, 2, 3, 6],
    'many networks, of three lengths',
  );
  const addresses = Array.from(
    { length: 9999 },
    (_, i) => `2001:db8:aaaa:bbbb:cccc:dddd:eeee:${i.toString(16)}`,
  );
  t.same(await passing(`ip in [${addresses.join(' ')}, 10.0.0.9]`), [3], 'ten thousand addresses');
  const deep = (levels: number): string =>
    levels === 0 ? 'udp' : `not (port 9 or (port ${levels} or ${deep(levels - 2)}))`;
  // Port 22 turns what 39 levels around it turn again.
  t.same(await passing(deep(100)), [2, 6, 8], 'as deep as is allowed');
  const mixed = (levels: number): string =>
    levels === 0 ? 'udp' : `not (port 9 or ip ::7 and not (port 8 or ip ::7 and ${mixed(levels - 2)}))`;
  t.same(await passing(mixed(100)), [1, 2, 3, 4, 5, 6, 7, 8], 'as deep, and, or and not');
  t.same(await passing(`${'not '.repeat(20_001)} udp`), [1, 3, 4, 5, 6, 7, 8]);
  t.same(await passing(Array.from({ length: 800 }, (_, i) => `port ${i + 60}`).join(' or ')), [1, 5]);
  for (const letter of ['z', '\\', '\u4e16', '\u{1f600}']) {
    const big = letter.repeat(10_000 / letter.length);
    t.same(await passing(`process_name in ["${big}" "${big}" "sshd 'x'"]`), [8], `long texts: ${letter}`);
  }
};

const checkHostile = async (t: Test, { passing }: FilterLedger): Promise<void> => {
  const texts = [
    "'; DROP TABLE flows; --",
    '\\',
    "\\'",
    '{f0:String}',
    '\t\n\r',
    'ä\u{1f600}',
    '%',
    ')',
    '[',
    "''",
  ];
  for (const text of texts) {
    const quoted = text.includes("'") ? `"${text}"` : `'${text}'`;
    t.same(await passing(`process_name = ${quoted}`), [], `process_name = ${quoted}`);
    t.same(await passing(`extra ${quoted} ~ ${quoted} or if ${quoted} or exporter in [${quoted}]`), []);
    t.same(await passing(`process_name in [${quoted} ${quoted}]`), []);
  }
};

const vocabulary = [
  ...filterTerms.flatMap(({ phrases, example }) => [
    ...phrases.map(({ words }) => words),
    ...example.split(' '),
  ]),
  ...flowColumns.map(({ name }) => name),
  ...[
    'and',
    'or',
    'not',
    '(',
    ')',
    '[',
    ']',
    ',',
    '=',
    '!=',
    '<',
    '>=',
    '~',
    'in',
    '&&',
    '||',
    '!',
    '#',
    '"',
  ],
  ...[
    '80',
    '1k',
    '0x1f',
    '10.0.0.1',
    '10.0.0.0/8',
    '2001:db8::/33',
    'SA',
    'eth0',
    '1-9',
    '2026-11-21',
    "'x y'",
    '-1',
  ],
];
const values = [
  '5',
  '0x1f',
  '3-4',
  'in [1 2]',
  '10.0.0.1',
  '::/0',
  'in [::1 10/8]',
  'tcp',
  'S',
  'x',
  '> 7',
  '~ x',
];

const checkNoise = async (t: Test, { passing }: FilterLedger): Promise<void> => {
  const random = new SeededRandom(11);
  const known = [
    ...filterTerms.flatMap(({ phrases }) => phrases.map(({ words }) => words)),
    ...flowColumns.map((c) => c.name),
  ];
  const term = (): string =>
    `${random.pick(['', '', 'not '])}${random.pick(known)} ${random.pick([...values, ''])}`;
  const soups = Array.from({ length: 20_000 }, () =>
    Array.from({ length: random.between(1, 7) }, () => random.pick(vocabulary)).join(' '),
  );
  const sentences = Array.from(
    { length: 4000 },
    () => `(${term()} ${random.pick(['or', 'and'])} ${term()}) or ${term()}`,
  );
  const single = known.flatMap((words) => values.map((value) => `${words} ${value}`));
  let refused = 0;
  const valid: string[] = [];
  for (const text of [...soups, ...sentences, ...single]) {
    try {
      compileFilter(text);
      valid.push(text);
    } catch (error) {
      if (!(error instanceof FilterError)) t.fail(`${text}: ${error}`);
      refused++;
    }
  }
  t.comment(`${valid.length} valid, ${refused} refused`);
  t.ok(valid.length > 500 && refused > 500, 'the noise has both');
  const sample = valid.filter((_, i) => i % Math.ceil(valid.length / 600) === 0);
  for (const text of sample) await passing(text).catch((error: Error) => t.fail(`${text}: ${error.message}`));
};

t.test('filters on a real ClickHouse', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startFilterLedger(t);
  await t.test('pass the rows that they should', (t) => checkTruth(t, ledger));
  await t.test('may be long', (t) => checkSizes(t, ledger));
  await t.test('never become SQL', (t) => checkHostile(t, ledger));
  await t.test('are refused or can be asked', (t) => checkNoise(t, ledger));
  await t.test('ask the second direction of a biflow', async (t) => {
    const reverse = flowsColumnSql('reverse');
    t.same(
      await ledger.passing('src ip 10.2.0.2 and dst port 22 and bytes 77 and service ssh', reverse),
      [8],
    );
    t.same(await ledger.passing('src ip 10.2.0.1', reverse), []);
  });
});

t.test('what a filter says of itself', async (t) => {
  const filter = compileFilter('src ip 192.0.2.1 and bps > 1k and nat');
  t.equal(filter.text, 'src ip 192.0.2.1 and bps > 1k and nat');
  t.same([...filter.columns].sort(), [
    ...['bytes', 'dst_addr', 'dst_port', 'flow_end', 'flow_start', 'post_nat_dst_addr', 'post_nat_dst_port'],
    ...['post_nat_src_addr', 'post_nat_src_port', 'src_addr', 'src_port'],
  ]);
  t.same(compileFilter('if eth0').columns, new Set(['in_if', 'out_if', 'exporter', 'domain']));
  t.same(compileFilter('if 1').columns, new Set(['in_if', 'out_if']));
  const mapped = compileFilter('src ip 192.0.2.1 or out packets > 5').sql((column) => `t.${column}`);
  t.equal(mapped, '(t.src_addr = {f0:IPv6} OR t.reverse_packets > {f1:UInt64})');
  t.same(compileFilter('src ip 192.0.2.1 or out packets > 5').params, { f0: '::ffff:192.0.2.1', f1: 5 });
  t.equal(
    compileFilter('service 443').sql((column) => column),
    'service = {f0:UInt16}',
  );
});

t.test('what would be too much for ClickHouse', async (t) => {
  const refuses = (text: string, expected: RegExp): void => {
    try {
      compileFilter(text);
      t.fail(text.slice(0, 50));
    } catch (error) {
      t.type(error, FilterError);
      t.match((error as FilterError).message, expected);
    }
  };
  refuses(`${'('.repeat(101)}any${')'.repeat(101)}`, /at most 100 brackets/);
  refuses('('.repeat(500_000), /at most 100 brackets/);
  refuses(`ip in [${'::1 '.repeat(10_001)}]`, /at most 10000 in a list/);
  refuses(Array(4000).fill('ip ::1').join(' or '), /a shorter filter/);
  refuses(Array.from({ length: 801 }, (_, i) => `port ${i}`).join(' or '), /a shorter filter/);
  const list = `in [${'2001:db8:1111:2222:3333:4444:5555:6666 '.repeat(9000)}]`;
  refuses(`src ip ${list} or dst ip ${list}`, /a shorter filter/);
  refuses(`collector ${'x'.repeat(20_000)}`, /at most 10000 characters/);
  refuses('x'.repeat(1_000_001), /at most 1000000 characters/);
});
