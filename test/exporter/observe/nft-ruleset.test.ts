import t from 'tap';
import { readNftRuleset } from '../../../exporter/observe/nft-ruleset.ts';

const inChain = (...lines: readonly string[]): string =>
  ['table inet filter {', '\tchain input {', ...lines.map((line) => `\t\t${line}`), '\t}', '}'].join('\n');

t.test('rules that make the kernel track connections', (t) => {
  for (const rule of [
    'ct state established,related accept',
    'type nat hook postrouting priority srcnat; policy accept;',
    'oifname "eth0" masquerade',
    'ip saddr 10.0.0.0/8 snat to 203.0.113.7',
    'tcp dport 8080 dnat to 10.0.0.2:80',
    'tcp dport 80 redirect to :8080',
    'ct mark set 0x00000001',
    'ip protocol tcp flow add @f',
    'xt match "conntrack" counter packets 0 bytes 0 accept',
    'ip protocol tcp counter packets 0 bytes 0 xt target "MASQUERADE"',
  ])
    t.ok(readNftRuleset(inChain(rule)).usesConntrack, rule);
  t.end();
});

t.test('rules that do not', (t) => {
  t.notOk(readNftRuleset('').usesConntrack);
  for (const rule of [
    'type filter hook input priority filter; policy accept;',
    'ip saddr 10.0.0.0/8 counter packets 12 bytes 800 accept',
    'tcp dport 22 accept comment "ct state is not looked at, no masquerade"',
    'xt match "multiport" accept',
  ])
    t.notOk(readNftRuleset(inChain(rule)).usesConntrack, rule);
  t.notOk(
    readNftRuleset('table inet t {\n\tct helper ftp {\n\t\ttype "ftp" protocol tcp\n\t}\n}').usesConntrack,
  );
  t.end();
});

t.test('flowtables without counter', (t) => {
  const listing = `table inet x {
	flowtable fast {
		hook ingress priority filter
		devices = { eth0, eth1 }
	}

	flowtable counted {
		hook ingress priority filter
		devices = { eth2 }
		flags offload
		counter
	}
}
table ip y {
	flowtable f {
		hook ingress priority filter + 1
		devices = { eth3 }
	}

	chain c {
		counter packets 0 bytes 0
	}
}
`;
  t.same(readNftRuleset(listing).flowtablesWithoutCounter, ['inet x fast', 'ip y f']);
  t.end();
});
