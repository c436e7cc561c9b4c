/** softflowd meters a capture of known traffic, we collect what it exports: rows equal the truth. */

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import type { SentFlow } from '../support/flow-messages.ts';
import { storedFlows } from '../support/flow-rows.ts';
import { hasPeers, peerPath } from '../support/peers.ts';
import { type RunningCollector, startCollector } from '../support/running-collector.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { expectedFlow, sampleTraffic, type TrafficFlow, trafficCapture } from '../support/traffic-capture.ts';

interface Case {
  readonly name: string;
  readonly version: 5 | 9 | 10;
  readonly args: readonly string[];
  /** Where in time all rows together may be, beside the packets: what the header or the option says is cut to that. */
  readonly shiftMs: readonly [least: number, most: number];
  readonly timeSource: string;
  readonly host?: string;
}

/**
 * softflowd was "booted" when it started, which is after the packets of a capture: their uptimes are negative and come as numbers
 * near 2^32. With -a its boot is the first packet, and so its export time; so we have both. Times of v9 are relative to whole seconds.
 */
const cases: readonly Case[] = [
  { name: 'v5', version: 5, args: [], shiftMs: [-2, 2], timeSource: 'uptime' },
  { name: 'v5 in the time of the capture', version: 5, args: ['-a'], shiftMs: [-2, 2], timeSource: 'uptime' },
  { name: 'v9', version: 9, args: [], shiftMs: [-1001, 1], timeSource: 'uptime' },
  {
    name: 'v9 in the time of the capture',
    version: 9,
    args: ['-a'],
    shiftMs: [-1001, 1],
    timeSource: 'uptime',
  },
  { name: 'v9 over IPv6', version: 9, args: [], shiftMs: [-1001, 1], timeSource: 'uptime', host: '[::1]' },
  // systemInitTimeMilliseconds comes in options data.
  { name: 'IPFIX', version: 10, args: [], shiftMs: [-2, 2], timeSource: 'uptime' },
  {
    name: 'IPFIX in milliseconds',
    version: 10,
    args: ['-A', 'milli'],
    shiftMs: [0, 0],
    timeSource: 'milliseconds',
  },
  {
    name: 'IPFIX in microseconds',
    version: 10,
    args: ['-A', 'micro'],
    shiftMs: [-1, 0],
    timeSource: 'microseconds',
  },
  {
    name: 'IPFIX in nanoseconds',
    version: 10,
    args: ['-A', 'nano'],
    shiftMs: [-1, 0],
    timeSource: 'nanoseconds',
  },
  { name: 'IPFIX in seconds', version: 10, args: ['-A', 'sec'], shiftMs: [-999, 0], timeSource: 'seconds' },
];

const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some((a) => a.address === '::1'));

/** All but the times. */
const nameOf = (f: SentFlow): string =>
  `${f.src} ${f.srcPort} > ${f.dst} ${f.dstPort} ${f.proto}: ${f.packets} packets, ${f.bytes} bytes`;

const byName = (flows: readonly SentFlow[]): SentFlow[] =>
  [...flows].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));

/** Times of rows minus the true ones: least and most. */
const shifts = (rows: readonly SentFlow[], truth: readonly SentFlow[]): readonly [number, number] => {
  const differences = rows.flatMap((row, i) => [
    row.startMs - (truth[i]?.startMs ?? 0),
    row.endMs - (truth[i]?.endMs ?? 0),
  ]);
  return [Math.min(...differences), Math.max(...differences)];
};

/** softflowd keeps one first and one last packet for both directions of a connection. */
const sharedTimes = (flows: readonly SentFlow[]): SentFlow[] =>
  flows.map((flow) => {
    const back = flows.find(
      (f) =>
        f.src === flow.dst && f.dst === flow.src && f.srcPort === flow.dstPort && f.dstPort === flow.srcPort,
    );
    if (!back) return flow;
    const startMs = Math.min(flow.startMs, back.startMs);
    return { ...flow, startMs, endMs: Math.max(flow.endMs, back.endMs) };
  });

const isIcmp = (flow: SentFlow): boolean => flow.proto === 1 || flow.proto === 58;

/** NetFlow v5 has no IPv6 and has the ICMP type in the destination port; v9 and IPFIX have an element for it, and ports of 0. */
const expectedRows = (traffic: readonly TrafficFlow[], version: number): SentFlow[] => {
  const flows = sharedTimes(traffic.map(expectedFlow));
  return version === 5
    ? flows.filter((flow) => !flow.src.includes(':'))
    : flows.map((flow) => (isIcmp(flow) ? { ...flow, dstPort: 0 } : flow));
};

const compare = async (
  t: Test,
  collector: RunningCollector,
  one: Case,
  truth: readonly SentFlow[],
): Promise<void> => {
  await collector.waitForFlows(truth.length);
  const rows = byName(await storedFlows(collector));
  t.same(rows.map(nameOf), byName(truth).map(nameOf), 'addresses, ports, protocol, packets, bytes');
  const [least, most] = shifts(rows, byName(truth));
  t.ok(
    least >= one.shiftMs[0] && most <= one.shiftMs[1],
    `times are ${least} to ${most} ms beside the packets`,
  );
  if (one.timeSource !== 'seconds') t.ok(most - least <= 2, 'and all alike');
  const same =
    await collector.sql(`SELECT DISTINCT version, toString(time_source) AS time_source, sampling_rate,
    toString(record_kind) AS kind FROM flows`);
  const wanted = { time_source: one.timeSource, sampling_rate: 1, kind: 'flow' };
  t.same(same, [{ version: one.version, ...wanted }]);
  if (one.version === 5) return;
  t.same(
    await collector.sql('SELECT proto, icmp_type_code FROM flows WHERE icmp_type_code > 0 ORDER BY proto'),
    [
      { proto: 1, icmp_type_code: 8 * 256 },
      { proto: 58, icmp_type_code: 128 * 256 },
    ],
  );
};

t.test('softflowd', async (t) => {
  if (!hasPeers(t, 'softflowd', 'chdb')) return;
  const directory = temporaryDirectory(t);
  const hosts = hasIpv6 ? ['127.0.0.1', '[::1]'] : ['127.0.0.1'];
  // One collector for all: to it, softflowd is an exporter that is started again and again, with other versions and layouts.
  const collector = await startCollector(t, { listen: hosts.map((host) => `udp://${host}:0`) });
  for (const one of cases) {
    const at = hosts.indexOf(one.host ?? '127.0.0.1');
    if (at < 0) continue;
    await t.test(one.name, async (t) => {
      const capture = join(directory, 'traffic.pcap');
      // In the past, so that no time is one of the future; not a whole second.
      const traffic = sampleTraffic(Date.now() - 100_123);
      writeFileSync(capture, trafficCapture(traffic));
      await collector.command('TRUNCATE TABLE flows');
      const to = ['-n', `${hosts[at]}:${collector.ports[at]}`, '-v', String(one.version), ...one.args];
      const files = ['-r', capture, '-p', join(directory, 'pid'), '-c', 'none'];
      await promisify(execFile)(peerPath('softflowd'), ['-d', ...files, ...to]);
      await compare(t, collector, one, expectedRows(traffic, one.version));
    });
  }
  t.equal(await collector.metric('flowledger_malformed_total'), 0);
  t.equal(await collector.metric('flowledger_waiting_sets'), 0);
  t.equal((await collector.stop()).exitCode, 0);
});
