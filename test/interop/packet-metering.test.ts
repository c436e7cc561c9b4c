/**
 * The same capture metered by nfpcapd: totals of each direction are equal. It writes ICMP type and code in the place of the
 * destination port, and knows no biflows, so these are left out and each direction is compared.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { PacketMeter } from '../../exporter/meter/packet-meter.ts';
import { formatAddress } from '../../shared/wire/address.ts';
import { hasPeers, peerPath } from '../support/peers.ts';
import { sampleTraffic, trafficCapture } from '../support/traffic-capture.ts';
import { type WrappedFlow, wrappedTraffic } from '../support/wrapped-traffic.ts';

const sample = trafficCapture(sampleTraffic(1_700_000_000_000));

/** `src sport dst dport protocol packets octets` of each direction. */
const metered = (capture: Uint8Array): string[] => {
  const lines: string[] = [];
  const options = {
    activeMicros: 0,
    idleMicros: 3600e6,
    maxFlows: 10_000,
    keyVlan: false,
    keyInterface: false,
    details: false,
    samplingInterval: 1,
  };
  const meter = new PacketMeter(options, (r) => {
    const src = `${formatAddress(r.srcAddress, 0)} ${r.srcPort}`;
    const dst = `${formatAddress(r.dstAddress, 0)} ${r.dstPort}`;
    if (r.packets > 0) lines.push(`${src} ${dst} ${r.protocol} ${r.packets} ${r.octets}`);
    if (r.reversePackets > 0)
      lines.push(`${dst} ${src} ${r.protocol} ${r.reversePackets} ${r.reverseOctets}`);
  });
  meter.push(capture);
  meter.end();
  while (meter.finish(100));
  return lines.sort();
};

/** The same lines by nfpcapd and nfdump; undefined where they are not installed. */
const countedByNfpcapd = (t: Test, capture: Uint8Array): string[] | undefined => {
  if (!hasPeers(t, 'nfdump', 'nfpcapd')) return undefined;
  const folder = t.testdir();
  const path = join(folder, 'traffic.pcap');
  const flows = join(folder, 'flows');
  writeFileSync(path, capture);
  mkdirSync(flows);
  execFileSync(peerPath('nfpcapd'), ['-r', path, '-w', flows], { stdio: 'ignore', timeout: 120_000 });
  const words = ['-R', flows, '-q', '-6', '-N', '-A', 'srcip,dstip,srcport,dstport,proto'];
  const format = 'fmt:%sa|%sp|%da|%dp|%pr|%pkt|%byt';
  const text = execFileSync(peerPath('nfdump'), [...words, '-o', format], { encoding: 'utf8' });
  return text
    .split('\n')
    .filter((line) => line.includes('|'))
    .map((line) => line.split('|').map((word) => word.trim()))
    .map((words) => words.map((word, i) => (i === 3 && word.includes('.') ? '0' : word)).join(' '))
    .sort();
};

t.test('nfpcapd counts the same', async (t) => {
  const theirs = countedByNfpcapd(t, sample);
  if (theirs) t.same(metered(sample), theirs);
});

const lineOf = ({ src, srcPort, dst, dstPort, packets, octets }: WrappedFlow): string =>
  `${src} ${srcPort} ${dst} ${dstPort} 17 ${packets} ${octets}`;

t.test('wrapped traffic: every flow with the packets and octets that were put in', async (t) => {
  for (const seed of [1, 2, 3]) {
    const { capture, flows } = wrappedTraffic(seed, 3000);
    t.ok(flows.length > 40, 'all wrappings');
    t.same(metered(capture), flows.map(lineOf).sort(), `seed ${seed}`);
  }
});

/** nfpcapd 1.7.1 has no 802.1ad, puts IPv4 datagrams together before it counts, and looks not behind IPv6 extension headers. */
const isKnownToNfpcapd = ({ link, network }: WrappedFlow): boolean =>
  link !== 'qinq' && network !== 'extensions' && network !== 'fragments';

t.test('wrapped traffic: nfpcapd counts the same of what it knows', async (t) => {
  const { capture, flows } = wrappedTraffic(4, 3000);
  const theirs = countedByNfpcapd(t, capture);
  if (!theirs) return;
  const known = flows.filter(isKnownToNfpcapd);
  t.ok(known.length > 20);
  for (const flow of known)
    t.ok(theirs.includes(lineOf(flow)), `${flow.link} ${flow.network} ${flow.family}`);
});
