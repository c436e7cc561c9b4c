/** node-netflowv9 decodes v5 and v9 datagrams: where it can read them, its records and our columns agree. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import NetflowV9 from 'node-netflowv9';
import t from 'tap';
import { formatIpv6 } from '../../shared/wire/address.ts';
import type { SentFlow } from '../support/flow-messages.ts';
import { makeFlows, netflow5Message, netflow9Data, netflow9Templates } from '../support/flow-messages.ts';
import { flowLines, storedFlows } from '../support/flow-rows.ts';
import { hasPeers } from '../support/peers.ts';
import { Replay, type ReplayedDatagram, readCapture } from '../support/replay-capture.ts';
import { startCollector } from '../support/running-collector.ts';
import { until } from '../support/until.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const corpus = resolve(root, '../shared/corpus');

interface Decoded {
  readonly header: Readonly<Record<'version' | 'uptime' | 'seconds' | 'nseconds', number | undefined>>;
  readonly flows: readonly Readonly<Record<string, unknown>>[];
}

interface Oracle {
  nfPktDecode(datagram: Buffer, sender: { address: string; port: number }): Decoded | undefined;
  readonly server: { close(): void };
}

/**
 * Captures of NetFlow v9 that it can read. Others make it throw or spin for ever (a Set length of 0 in a zero-filled tail); it drops data
 * before its Template, and knows no variable or unusual lengths.
 */
const readable: readonly string[] = [
  'cisco-1941-v9',
  'cisco-v9-scapy',
  'fortinet-fortios521-v9',
  'nprobe-v9-macaddr',
  'softflowd-v9-telegraf',
  'streamcore-v9',
  'ubiquiti-edgerouter-v9-pcap',
  'unknown-v9-samplingrate',
];

/** IPv6 addresses are 32 hex digits. */
const addressOf = (ipv4: unknown, ipv6: unknown): string => {
  if (typeof ipv4 === 'string') return ipv4;
  if (typeof ipv6 !== 'string') return '::';
  return formatIpv6(new Uint8Array(Buffer.from(ipv6.replaceAll(':', ''), 'hex')), 0);
};

/** Absolute milliseconds of a time of theirs: an element of its own, or uptime, which may be before the boot. */
const timeMs = (
  flow: Decoded['flows'][number],
  header: Decoded['header'],
  which: 'first' | 'last',
): number => {
  const absolute = flow[which === 'first' ? 'flowStartMilliseconds' : 'flowEndMilliseconds'];
  if (typeof absolute === 'number') return absolute;
  const uptime = flow[`${which}_switched`];
  if (typeof uptime !== 'number') return 0;
  const { seconds = 0, nseconds = 0, uptime: now = 0 } = header;
  return seconds * 1000 + Math.floor(nseconds / 1e6) + ((uptime - now) | 0);
};

const ofOracle = ({ header, flows }: Decoded): SentFlow[] =>
  flows
    .filter((flow) => flow.isOption !== true)
    .map((flow) => {
      const number = (...keys: readonly string[]): number =>
        Number(keys.map((key) => flow[key]).find((value) => value !== undefined) ?? 0);
      return {
        src: addressOf(flow.ipv4_src_addr, flow.ipv6_src_addr),
        dst: addressOf(flow.ipv4_dst_addr, flow.ipv6_dst_addr),
        srcPort: number('l4_src_port', 'ipv4_src_port'),
        dstPort: number('l4_dst_port', 'ipv4_dst_port'),
        proto: number('protocol'),
        packets: number('in_pkts'),
        bytes: number('in_bytes'),
        startMs: timeMs(flow, header, 'first'),
        endMs: timeMs(flow, header, 'last'),
      };
    });

const decodeAll = (datagrams: readonly ReplayedDatagram[]): SentFlow[] => {
  // It opens a socket that nobody uses.
  const oracle = new NetflowV9({}) as unknown as Oracle;
  try {
    return datagrams.flatMap(({ payload, exporter }) => {
      const decoded = oracle.nfPktDecode(Buffer.from(payload), { address: exporter, port: 2055 });
      return decoded ? ofOracle(decoded) : [];
    });
  } finally {
    oracle.server.close();
  }
};

const own = (...payloads: readonly Uint8Array[]): ReplayedDatagram[] =>
  payloads.map((payload) => ({ payload, source: 'own', exporter: 'own' }));

const allCaptures = async (): Promise<ReadonlyMap<string, readonly ReplayedDatagram[]>> => {
  const exportMs = Math.floor(Date.now() / 1000) * 1000;
  const found = new Map<string, readonly ReplayedDatagram[]>();
  found.set('own v5', own(netflow5Message(makeFlows(30), { exportMs })));
  found.set('own v9', own(netflow9Templates({ exportMs }), netflow9Data(makeFlows(25), { exportMs })));
  const fixtures = join(root, 'fixtures/captures');
  for (const file of readdirSync(fixtures).filter((name) => /v[59]\.pcap$/.test(name)))
    found.set(`fixture ${file}`, await readCapture(join(fixtures, file)));
  if (!existsSync(corpus)) return found;
  // All of v5, whose layout is fixed.
  const manifest = JSON.parse(readFileSync(join(corpus, 'manifest.json'), 'utf8')) as {
    slug: string;
    protocol: string;
    datagrams: number;
  }[];
  for (const { slug, protocol, datagrams } of manifest) {
    if (!(protocol === 'netflow5' && !/invalid/.test(slug) && datagrams < 100) && !readable.includes(slug))
      continue;
    found.set(slug, await readCapture(join(corpus, 'data', `${slug}.pcap`)));
  }
  return found;
};

t.test('node-netflowv9 and we agree', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const collector = await startCollector(t);
  const replay = new Replay(collector.port);
  const captures = await allCaptures();
  const prefixes = new Map<string, string>();
  let datagrams = 0;
  for (const [name, payloads] of captures) {
    prefixes.set(name, await replay.send(payloads));
    datagrams += payloads.length;
  }
  await replay.close();
  await until(
    'we have read all',
    async () => (await collector.metric('flowledger_datagrams_total')) === datagrams,
  );
  await until('we have stored all', async () => {
    const decoded = await collector.metric('flowledger_records_total', 'flow');
    return decoded > 0 && (await collector.metric('flowledger_rows_stored_total', 'flows')) === decoded;
  });
  let records = 0;
  for (const [name, prefix] of prefixes) {
    const rows = await storedFlows(collector, `startsWith(toString(exporter), '::ffff:${prefix}')`);
    const theirs = flowLines(decodeAll(captures.get(name) ?? []));
    t.same(flowLines(rows), theirs, name);
    records += theirs.length;
  }
  t.ok(records >= 55, `${records} records`);
  t.comment(`${records} records of ${prefixes.size} captures are equal`);
  t.equal((await collector.stop()).exitCode, 0);
});
