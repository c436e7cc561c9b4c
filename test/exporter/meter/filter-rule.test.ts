import t from 'tap';
import { parseFilterRule } from '../../../exporter/meter/filter-rule.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';

const mapped = (...last: number[]): Uint8Array =>
  Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...last);
const doc6 = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
const either = { kind: 'address', end: 'either' };
const ten = { family: 4, octets: mapped(10, 0, 0, 0), prefixLength: 104 };
const icmp6 = { kind: 'protocol', protocol: 58 };

const alone: readonly (readonly [string, object])[] = [
  ['addr 10.0.0.0/8', { ...either, network: ten }],
  ['10.0.0.0/8', { ...either, network: ten }],
  ['src 10.0.0.0/8', { kind: 'address', end: 'source', network: ten }],
  ['dst 10.0.0.0/8', { kind: 'address', end: 'destination', network: ten }],
  ['10.1.2.3', { ...either, network: { family: 4, octets: mapped(10, 1, 2, 3), prefixLength: 128 } }],
  ['::ffff:10.0.0.0/104', { ...either, network: ten }],
  ['2001:DB8::/32', { ...either, network: { family: 6, octets: doc6, prefixLength: 32 } }],
  ['2001:db8::', { ...either, network: { family: 6, octets: doc6, prefixLength: 128 } }],
  ['::/0', { ...either, network: { family: 6, octets: new Uint8Array(16), prefixLength: 0 } }],
  ['port 53', { kind: 'port', end: 'either', first: 53, last: 53 }],
  ['src-port 1024-65535', { kind: 'port', end: 'source', first: 1024, last: 65535 }],
  ['dst-port 0', { kind: 'port', end: 'destination', first: 0, last: 0 }],
  ['proto tcp', { kind: 'protocol', protocol: 6 }],
  ['TCP', { kind: 'protocol', protocol: 6 }],
  ['proto 255', { kind: 'protocol', protocol: 255 }],
  ['icmp', { kind: 'protocol', protocol: 1 }],
  ['icmpv6', icmp6],
  ['proto icmp6', icmp6],
  ['zone 65535', { kind: 'zone', zone: 65535 }],
  ['mark 16', { kind: 'mark', mark: 16, mask: 0xffffffff }],
  ['mark 0x10/0xF0', { kind: 'mark', mark: 16, mask: 240 }],
  ['mark 0xffffffff', { kind: 'mark', mark: 0xffffffff, mask: 0xffffffff }],
  ['nat', { kind: 'nat' }],
  ['loopback', { kind: 'loopback' }],
  ['any', { kind: 'any' }],
];
for (const [text, condition] of alone)
  t.test(text, async (t) => {
    t.same(parseFilterRule(text), [{ negated: false, condition }]);
    t.same(parseFilterRule(`not ${text}`), [{ negated: true, condition }]);
  });

t.test('terms are joined by spaces and commas', async (t) => {
  const terms = [
    { negated: false, condition: { kind: 'address', end: 'source', network: ten } },
    { negated: true, condition: { kind: 'port', end: 'either', first: 53, last: 53 } },
    { negated: false, condition: { kind: 'protocol', protocol: 17 } },
  ];
  t.same(parseFilterRule('src 10.0.0.0/8 not port 53 udp'), terms);
  t.same(parseFilterRule(' src 10.0.0.0/8,not port 53 ,\tudp,'), terms);
  t.same(parseFilterRule('not not udp'), terms.slice(2));
});

const wrong: readonly (readonly [string, RegExp])[] = [
  ['', /^a term is missing; there could be addr, src, /],
  ['tcp not', /^a term is missing/],
  ['tpc', /^tpc is not known; there could be addr, src, dst, port, .*, any, not, an address/],
  ['constructor', /^constructor is not known/],
  ['443', /^443 needs a word before it, such as port 443;/],
  ['port 80,443', /^443 needs a word before it/],
  ['src', /^behind src there must be an address or network, such as 192\.0\.2\.0\/24/],
  ['src tcp', /^tcp behind src is not an address or network/],
  ['10.0.0.0/33', /^10\.0\.0\.0\/33 is not known/],
  ['src 10.0.0.0/33', /^10\.0\.0\.0\/33 behind src is not an address/],
  ['src 10.0.0.0/', /is not an address/],
  ['src 10.0.0.0/8/8', /is not an address/],
  ['src 10.0.0.0/-8', /is not an address/],
  ['src 10.0.0/24', /is not an address/],
  ['dst 2001:db8::/129', /is not an address/],
  ['port 65536', /^65536 behind port is not a port or range of ports up to 65535/],
  ['port 90-80', /is not a port/],
  ['port http', /is not a port/],
  ['proto', /^behind proto there must be a protocol: icmp, igmp, tcp, .* or a number up to 255$/],
  ['proto 256', /^256 behind proto is not a protocol/],
  ['proto tpc', /^tpc behind proto is not/],
  ['zone 65536', /^65536 behind zone is not a number up to 65535$/],
  ['zone -1', /is not a number/],
  ['mark 0x100000000', /is not a mark/],
  ['mark 0x11/0xf0', /^0x11\/0xf0 behind mark is not a mark, .* without bits outside its mask$/],
  ['mark 1/2/3', /is not a mark/],
  ['mark 0x', /is not a mark/],
];
for (const [text, message] of wrong)
  t.test(`'${text}' is refused`, async (t) => {
    t.throws(() => parseFilterRule(text), { name: 'ConfigError', message });
    t.throws(() => parseFilterRule(text), ConfigError);
  });
