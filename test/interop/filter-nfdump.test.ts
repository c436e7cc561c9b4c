/**
 * Filters as nfdump understands them: the same datagrams to nfcapd and to us, and each filter passes the same flows in both. Captures
 * that the two read differently (see nfdump.test.ts) are left out; where the languages differ on purpose, docs/filter.md says so.
 */

import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { compileFilter } from '../../collector/filter/compile-filter.ts';
import { connect } from '../../collector/store/connection.ts';
import {
  agreedExporters,
  linesMissing,
  ourLines,
  ourLinesSql,
  theirLines,
} from '../support/filter-comparison.ts';
import { filterFlows } from '../support/filter-flows.ts';
import { makeFlows, netflow9Data, netflow9Templates } from '../support/flow-messages.ts';
import { startNfdumpFilter } from '../support/nfdump-filter.ts';
import { hasPeers } from '../support/peers.ts';
import { Replay, type ReplayedDatagram, readCapture } from '../support/replay-capture.ts';
import { startCollector } from '../support/running-collector.ts';
import { until } from '../support/until.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const corpus = resolve(root, '../shared/corpus');

const filters = `
any
inet
ipv6
ipv4 and not proto tcp
proto tcp
PROTO UDP
proto 132
proto icmp or proto icmp6
not proto tcp
not not proto tcp
ip 10.0.0.1
src ip 10.0.0.1
dst host 192.0.2.1
ip 2001:db8::1
dst ip fe80::1
ip in [10.0.0.1, 192.0.2.130 2001:db8:1::1]
src ip in [10.0.0.0/16 2001:db8::/48]
net 10.0.0.0/16
src net 10.1/16
dst net 192.0.2.0 255.255.255.128
net 10.0.0.1/8
net 2001:db8::/32
src net 0.0.0.0/0
port 443
src port 53
dst port 80
port > 1023 and not proto icmp and not proto icmp6
port >= 1024 and (proto tcp or proto udp)
src port < 80
dst port <= 80 and not (proto icmp or proto icmp6)
src port = 22
dst port == 22
dst port eq 22
src port gt 8000
port in [53 443]
dst port in [8000, 8080]
src or dst port 80
src and dst port 80
not src port 80 and proto tcp
not port 80
src port 80 or src port 443 and proto tcp
(src port 80 or src port 443) and proto tcp
not (proto tcp and port 80)
proto tcp && port 80
proto tcp || proto udp
flags S
flags SA
flags S and not flags A
flags A and not flags SFR
flags X
flags 2
flags 0
not flags S
not flags SA
not (flags SA)
not (flags SA and dst port 443)
not (proto udp or not flags SA)
flags S and not flags AFRPU
tos 184
tos > 8
icmp-type 8
icmp-type 3 and icmp-code 3
icmp-code 1
not icmp-type 8
packets 1
packets > 999
packets >= 1k
in packets < 3
bytes > 1k
bytes > 40000
bytes >= 1M
bytes < 100
bytes = 64
out bytes > 0
duration > 500
duration >= 500
duration = 0
duration < 501
duration > 1k
bps > 1k
bps > 1M
bps < 100
bps = 0
pps > 1
pps > 999
pps = 2
bpp > 64
bpp = 63
bpp <= 64
if 1
in if 2
out if 3
if 70000
in if 0
mask 24
src mask 8
dst mask 0
vlan 100
src vlan 1
dst vlan 4000
in src mac 00:11:22:aa:bb:cc => src mac 00:11:22:aa:bb:cc
in dst mac 02:00:00:00:00:01 => dst mac 02:00:00:00:00:01
mac 00:11:22:aa:bb:cd
dir 1
flowdir egress
next ip 10.0.0.2
next ip 2001:db8::2
nip 203.0.113.7
src nip 203.0.113.8
src xip 203.0.113.7
dst nip 10.0.0.1
nport 53500
src xport 443
dst nport 80 or dst nport 8080
xnet 10.0.0.0/8
src xnet 203.0.113.0/29 and dst xip 10.1.2.3
router ip 127.1.1.1
proto tcp # and port 80
proto tcp and src net 10.0.0.0/8 and (dst port 443 or dst port in [8000 8080]) and bytes > 1k and not flags R
`
  .trim()
  .split('\n')
  .map((line) => line.split(' => '));

/** Of each capture: many are long, and more of the same. */
const maxDatagrams = 40;

const own = (payloads: readonly Uint8Array[]): ReplayedDatagram[] =>
  payloads.map((payload) => ({ payload, source: 'own', exporter: 'own' }));

/** Own flows first: they come from 127.1.1.1 and 127.1.2.1. */
const allCaptures = async (): Promise<readonly (readonly ReplayedDatagram[])[]> => {
  const exportMs = Math.floor(Date.now() / 1000) * 1000;
  const found: (readonly ReplayedDatagram[])[] = [
    own(filterFlows(300, exportMs)),
    own([netflow9Templates({ exportMs }), netflow9Data(makeFlows(30, 100), { exportMs, sequence: 1 })]),
  ];
  const folders = [join(root, 'fixtures/captures'), join(corpus, 'data')].filter((folder) =>
    existsSync(folder),
  );
  for (const folder of folders) {
    for (const file of readdirSync(folder).sort()) {
      // Large numbers of malformed and tunnelled records add nothing here.
      if (!file.endsWith('.pcap') || /^(?:malformed|procera|iosxr)|sflow/.test(file)) continue;
      found.push((await readCapture(join(folder, file))).slice(0, maxDatagrams));
    }
  }
  return found;
};

t.test('nfdump and we pass the same flows', async (t) => {
  if (!hasPeers(t, 'nfcapd', 'nfdump', 'chdb')) return;
  const nfdump = await startNfdumpFilter(t);
  const collector = await startCollector(t, { args: ['--columns', 'core,nat,l2'] });
  const replay = new Replay(nfdump.port, collector.port);
  const captures = await allCaptures();
  for (const datagrams of captures) await replay.send(datagrams);
  await replay.close();
  await nfdump.stop();
  const count = captures.reduce((sum, { length }) => sum + length, 0);
  await until(
    'we have read all',
    async () => (await collector.metric('flowledger_datagrams_total')) === count,
  );
  await until('we have stored all', async () => {
    const decoded = await collector.metric('flowledger_records_total', 'flow');
    return decoded > 0 && (await collector.metric('flowledger_rows_stored_total', 'flows')) === decoded;
  });
  const { url, database } = collector.endpoint;
  const client = connect({ url, database, user: 'flowledger', password: collector.password });
  t.teardown(() => client.close());
  const select = async (filter: string, isAsked?: (exporter: string) => boolean): Promise<string[]> => {
    const { sql, params } = compileFilter(filter);
    const query = { query: ourLinesSql(sql()), query_params: { ...params }, format: 'JSONEachRow' } as const;
    return ourLines(await (await client.query(query)).json(), isAsked);
  };
  const agreed = agreedExporters(theirLines(nfdump.ask('')), await select(''));
  for (const exporter of ['127.1.1.1', '127.1.2.1'])
    t.ok(agreed.has(exporter), `we read own flows alike: ${exporter}`);
  const isAgreed = (exporter: string): boolean => agreed.has(exporter);
  const all = (await select('', isAgreed)).length;
  t.comment(`${all} flows of ${agreed.size} exporters in ${captures.length} captures`);
  let selective = 0;
  for (const [theirs = '', ours = theirs] of filters) {
    const passed = theirLines(nfdump.ask(theirs), isAgreed);
    const rows = await select(ours, isAgreed);
    const different = { onlyNfdump: linesMissing(rows, passed), onlyOurs: linesMissing(passed, rows) };
    t.same(different, { onlyNfdump: [], onlyOurs: [] }, `${ours}: ${passed.length}`);
    if (passed.length > 0 && passed.length < all) selective++;
  }
  t.ok(
    filters.length >= 60 && selective >= filters.length - 4,
    `${selective} of ${filters.length} are selective`,
  );
  t.equal((await collector.stop()).exitCode, 0);
});
