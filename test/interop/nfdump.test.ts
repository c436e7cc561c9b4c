/**
 * The same datagrams to nfcapd and to us: nfdump and our SQL agree record by record on addresses, ports, protocol, packets, bytes and
 * times in milliseconds. Where they do not, the reason stands below; all of these were looked at octet by octet.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import {
  ipfixData,
  ipfixTemplates,
  makeFlows,
  netflow5Message,
  netflow9Data,
  netflow9Templates,
} from '../support/flow-messages.ts';
import {
  type ComparableFlow,
  type Comparison,
  compareFlows,
  ofNfdump,
  ourRows,
} from '../support/nfdump-comparison.ts';
import { hasPeers } from '../support/peers.ts';
import { Replay, type ReplayedDatagram, readCapture } from '../support/replay-capture.ts';
import { startCollector } from '../support/running-collector.ts';
import { startNfcapd } from '../support/running-nfcapd.ts';
import { until } from '../support/until.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const corpus = resolve(root, '../shared/corpus');

interface Difference {
  readonly onlyNfdump: number;
  readonly onlyOurs: number;
  readonly why: string;
}

const differ = (onlyNfdump: number, onlyOurs: number, why: string): Difference => ({
  onlyNfdump,
  onlyOurs,
  why,
});

const ntp = 'nfdump 1.7.1 does not read NTP times (dateTimeMicroseconds, 154 to 157)';
const seconds = 'nfdump 1.7.1 does not read flowStartSeconds and flowEndSeconds (150, 151) of IPFIX';
const repeated =
  'of an element that a record has twice (a tunnel and what is in it), nfdump takes the last, we the first';
const waiting = 'data before its Template: nfdump drops it, we keep it until the Template comes';

/** What nfdump has that we do not, and the other way round, by capture. */
const differences: Readonly<Record<string, Difference>> = {
  'cesnet-ipfixprobe-biflow': differ(4, 4, ntp),
  'cisco-ipfix-art-url': differ(1, 1, 'counters in initiatorOctets and initiatorPackets (231, 298)'),
  'cisco-ipfix-avc-mixed': differ(12, 12, 'counters in initiatorOctets and initiatorPackets (231, 298)'),
  'huawei-ipfix-vrf-name': differ(2, 2, repeated),
  'iosxr-ipfix-srv6-782': differ(4, 4, repeated),
  'ixia-ipfix-data-then-template': differ(0, 3, waiting),
  'ixia-ipfix-dataset-only': differ(0, 3, waiting),
  'netscaler-ipfix': differ(3, 6, `${ntp}; ${waiting}`),
  'nprobe-v9-graylog-4': differ(0, 14, waiting),
  'openvswitch-ipfix-multi': differ(
    3,
    3,
    'nfdump takes flowStartDeltaMicroseconds (158) for a time since 1970',
  ),
  'softflowd-ipfix-bitkeks': differ(
    22,
    22,
    'its headers say 1994, its options 2020: no time of it can be believed',
  ),
  'softflowd-v9-data-before-template': differ(0, 8, waiting),
  'unknown-v5-invalid01': differ(
    0,
    30,
    'the datagram has some octets more than its header says: nfcapd drops it',
  ),
  'viptela-ipfix': differ(1, 1, seconds),
};

/**
 * Flows that began before the boot of their exporter (softflowd -r): uptimes near 2^32 are negative ones. nfdump takes them as they
 * are for v9 and IPFIX, so that the flows end 49 days after their export. We take off 2^32 ms.
 */
const uptimeWraps = new Set([
  'softflowd-v9-bitkeks',
  'fixture softflowd-v9.pcap',
  'fixture softflowd-v10.pcap',
]);

const beforeBoot = (flow: ComparableFlow): ComparableFlow => ({
  ...flow,
  startMs: flow.startMs - 2 ** 32,
  endMs: flow.endMs - 2 ** 32,
});

/** sFlow is for another program of theirs; records of IOS XR are tunnels mostly; procera holds texts where numbers belong. */
const leftOut = /sflow|^iosxr-ipfix-(2441|mpls-7101-b|srv6-7101|srv6-netgauze)|^procera|^malformed/;

const own = (payloads: readonly Uint8Array[]): ReplayedDatagram[] =>
  payloads.map((payload) => ({ payload, source: 'own', exporter: 'own' }));

/** Captures by name: own Messages, own fixtures, and the corpus where it is. */
const allCaptures = async (): Promise<ReadonlyMap<string, readonly ReplayedDatagram[]>> => {
  const exportMs = Math.floor(Date.now() / 1000) * 1000;
  const found = new Map<string, readonly ReplayedDatagram[]>();
  const both = [...makeFlows(12, 300), ...makeFlows(12, 400, 6)];
  // Sampling 1:50 in the header, of which nfdump makes 50 times as many packets and bytes.
  found.set('own v5', own([netflow5Message(makeFlows(30), { exportMs, sampling: 0x4032 })]));
  found.set('own v9', own([netflow9Templates({ exportMs }), netflow9Data(both, { exportMs, sequence: 1 })]));
  found.set('own IPFIX', own([ipfixTemplates({ exportMs }), ipfixData(both, { exportMs })]));
  const fixtures = join(root, 'fixtures/captures');
  for (const file of readdirSync(fixtures).filter((name) => name.endsWith('.pcap')))
    found.set(`fixture ${file}`, await readCapture(join(fixtures, file)));
  if (!existsSync(corpus)) return found;
  const manifest = JSON.parse(readFileSync(join(corpus, 'manifest.json'), 'utf8')) as {
    slug: string;
    protocol: string;
  }[];
  for (const { slug, protocol } of manifest) {
    if (protocol === 'sflow' || leftOut.test(slug)) continue;
    found.set(slug, await readCapture(join(corpus, 'data', `${slug}.pcap`)));
  }
  return found;
};

const check = (t: Test, name: string, { equal, onlyNfdump, onlyOurs }: Comparison): void => {
  const known = differences[name];
  if (known === undefined) {
    t.same(onlyNfdump, [], `${name}: nothing that only nfdump has (${equal} equal)`);
    t.same(onlyOurs, [], `${name}: nothing that only we have`);
  } else {
    t.equal(onlyNfdump.length, known.onlyNfdump, `${name}: ${known.why}`);
    t.equal(onlyOurs.length, known.onlyOurs, `${name}: rows of ours`);
  }
};

t.test('nfdump and we agree', async (t) => {
  if (!hasPeers(t, 'nfcapd', 'nfdump', 'chdb')) return;
  const nfcapd = await startNfcapd(t);
  const collector = await startCollector(t);
  const captures = await allCaptures();
  const replay = new Replay(nfcapd.port, collector.port);
  const prefixes = new Map<string, string>();
  let datagrams = 0;
  for (const [name, payloads] of captures) {
    prefixes.set(name, await replay.send(payloads));
    datagrams += payloads.length;
  }
  await replay.close();
  t.equal(await collector.metric('flowledger_kernel_dropped_datagrams_total'), 0);
  const theirs = (await nfcapd.stop()).map(ofNfdump);
  await until(
    'we have read all',
    async () => (await collector.metric('flowledger_datagrams_total')) === datagrams,
  );
  await until('we have stored all', async () => {
    const decoded = await collector.metric('flowledger_records_total', 'flow');
    return decoded > 0 && (await collector.metric('flowledger_rows_stored_total', 'flows')) === decoded;
  });
  const ours = await ourRows(collector);
  let equal = 0;
  for (const [name, prefix] of prefixes) {
    const of = (flows: readonly ComparableFlow[]) => flows.filter((flow) => flow.exporter.startsWith(prefix));
    const records = uptimeWraps.has(name) ? of(theirs).map(beforeBoot) : of(theirs);
    const comparison = compareFlows(records, of(ours));
    equal += comparison.equal;
    check(t, name, comparison);
  }
  t.ok(equal >= 78, `${equal} records are equal`);
  t.comment(`${equal} records of ${prefixes.size} captures are equal`);
  if (!existsSync(corpus)) t.comment('there is no ../shared/corpus: own Messages and fixtures only');
  t.equal((await collector.stop()).exitCode, 0);
});
