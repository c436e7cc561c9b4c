import t from 'tap';
import { compileFilter } from '../../../exporter/meter/flow-filter.ts';
import { makeRecord } from '../../support/printed-records.ts';

const tcp = makeRecord({
  protocol: 6,
  srcAddress: '10.1.2.3',
  dstAddress: '198.51.100.7',
  srcPort: 40_000,
  dstPort: 443,
});
const masqueraded = makeRecord({
  source: 'conntrack',
  protocol: 17,
  srcAddress: '192.168.1.9',
  dstAddress: '203.0.113.1',
  srcPort: 5000,
  dstPort: 53,
  isTranslated: true,
  postSrcAddress: '203.0.113.200',
  postDstAddress: '10.0.0.53',
  postSrcPort: 61_000,
  postDstPort: 5353,
  zone: 7,
  mark: 0x80000012,
});
const tcp6 = makeRecord({
  family: 6,
  protocol: 6,
  srcAddress: '2001:db8:1:2::3',
  dstAddress: '2001:db8:ffff::1',
  srcPort: 40_000,
  dstPort: 22,
});
const ping = makeRecord({ protocol: 1, srcAddress: '127.0.0.1', dstAddress: '127.0.0.1', icmpType: 8 });
const loop6 = makeRecord({ family: 6, protocol: 6, srcAddress: '::1', dstAddress: '::1', dstPort: 80 });
const forwarded = makeRecord({
  protocol: 6,
  srcAddress: '198.51.100.9',
  dstAddress: '203.0.113.1',
  isTranslated: true,
  postSrcAddress: '198.51.100.9',
  postDstAddress: '127.0.0.1',
});
const records = { tcp, masqueraded, tcp6, ping, loop6, forwarded };

/** Names of those that a single accepting rule takes. */
const taken = (text: string): string => {
  const accepts = compileFilter([{ verdict: 'accept', text }]);
  return Object.entries(records)
    .filter(([, record]) => accepts(record))
    .map(([name]) => name)
    .join(' ');
};

const cases: readonly (readonly [string, string])[] = [
  ['any', 'tcp masqueraded tcp6 ping loop6 forwarded'],
  ['10.0.0.0/8', 'tcp masqueraded'],
  ['10.1.2.3', 'tcp'],
  ['10.1.2.2/31', 'tcp'],
  ['10.1.2.0/31', ''],
  // The octets behind the prefix say nothing.
  ['10.255.255.255/8', 'tcp masqueraded'],
  ['10.1.2.3/31', 'tcp'],
  ['addr 192.168.1.0/24', 'masqueraded'],
  ['addr 203.0.113.200', 'masqueraded'],
  ['src 203.0.113.200', 'masqueraded'],
  ['dst 203.0.113.200', ''],
  ['src 203.0.113.1', ''],
  ['dst 203.0.113.1', 'masqueraded forwarded'],
  ['dst 10.0.0.53', 'masqueraded'],
  ['0.0.0.0/0', 'tcp masqueraded ping forwarded'],
  ['src 0.0.0.0/0', 'tcp masqueraded ping forwarded'],
  ['dst 0.0.0.0/0', 'tcp masqueraded ping forwarded'],
  ['::/0', 'tcp6 loop6'],
  ['src ::/0', 'tcp6 loop6'],
  ['dst ::/0', 'tcp6 loop6'],
  ['2001:db8::/32', 'tcp6'],
  ['src 2001:db8:1:2::/63', 'tcp6'],
  ['src 2001:db8:1:0::/63', ''],
  ['dst 2001:db8:1:2::/64', ''],
  ['2001:db8:1:2::3', 'tcp6'],
  ['2001:db8:1:2::4', ''],
  ['port 443', 'tcp'],
  ['port 40000', 'tcp tcp6'],
  ['src-port 443', ''],
  ['src-port 61000', 'masqueraded'],
  ['dst-port 5353', 'masqueraded'],
  ['dst-port 61000', ''],
  ['port 22-53', 'masqueraded tcp6'],
  ['port 23-52', ''],
  // ICMP has no ports, not even port 0.
  ['port 0-65535', 'tcp masqueraded tcp6 loop6 forwarded'],
  ['src-port 0-65535', 'tcp masqueraded tcp6 loop6 forwarded'],
  ['dst-port 0-65535', 'tcp masqueraded tcp6 loop6 forwarded'],
  ['not port 0-65535', 'ping'],
  ['tcp', 'tcp tcp6 loop6 forwarded'],
  ['proto 1', 'ping'],
  ['zone 7', 'masqueraded'],
  ['zone 0', 'tcp tcp6 ping loop6 forwarded'],
  ['mark 0x80000012', 'masqueraded'],
  ['mark 0x12', ''],
  ['mark 0x80000000/0x80000000', 'masqueraded'],
  ['mark 0x10/0xf0', 'masqueraded'],
  ['mark 0/0x80000000', 'tcp tcp6 ping loop6 forwarded'],
  ['nat', 'masqueraded forwarded'],
  ['not nat', 'tcp tcp6 ping loop6'],
  ['loopback', 'ping loop6'],
  ['tcp not loopback not nat', 'tcp tcp6'],
  ['src 10.0.0.0/8, dst-port 443, tcp', 'tcp'],
  ['src 10.0.0.0/8, dst-port 444, tcp', ''],
];
for (const [text, names] of cases)
  t.test(`accept ${text}`, async (t) => {
    t.equal(taken(text), names);
  });

t.test('what was translated before is not looked at once nothing is', async (t) => {
  const plain = { ...masqueraded, isTranslated: false };
  const accepts = compileFilter([{ verdict: 'accept', text: '203.0.113.200' }]);
  t.notOk(accepts(plain));
  t.notOk(compileFilter([{ verdict: 'accept', text: 'port 5353' }])(plain));
});

t.test('a NAT event is of NAT, whatever it leaves as it is', async (t) => {
  t.ok(compileFilter([{ verdict: 'accept', text: 'nat' }])(makeRecord({ form: 'nat-event' })));
});

t.test('the first rule that matches decides', async (t) => {
  const accepts = compileFilter([
    { verdict: 'accept', text: 'addr 10.1.2.3' },
    { verdict: 'deny', text: 'tcp' },
    { verdict: 'accept', text: 'any' },
  ]);
  t.ok(accepts(tcp));
  t.notOk(accepts(tcp6));
  t.ok(accepts(ping));
});

t.test('without a match, only those who just deny take the record', async (t) => {
  t.ok(compileFilter([])(tcp));
  t.ok(compileFilter([{ verdict: 'deny', text: 'udp' }])(tcp));
  t.notOk(compileFilter([{ verdict: 'deny', text: 'udp' }])(masqueraded));
  t.notOk(compileFilter([{ verdict: 'accept', text: 'udp' }])(tcp));
  t.notOk(
    compileFilter([
      { verdict: 'deny', text: 'udp' },
      { verdict: 'accept', text: 'icmp' },
    ])(tcp),
  );
});

t.test('all rules that are wrong are named', async (t) => {
  const compile = (): unknown =>
    compileFilter([
      { verdict: 'accept', text: 'src 10.0.0.0/33' },
      { verdict: 'deny', text: 'tcp' },
      { verdict: 'deny', text: 'zone x' },
    ]);
  t.throws(compile, {
    name: 'ConfigError',
    message:
      "--accept 'src 10.0.0.0/33': 10.0.0.0/33 behind src is not an address or network, such as 192.0.2.0/24 or 2001:db8::/32\n" +
      "--deny 'zone x': x behind zone is not a number up to 65535",
  });
});
