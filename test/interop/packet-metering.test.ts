/**
 * The same capture metered by nfpcapd: totals of each direction are equal. It writes ICMP type and code in the place of the
 * destination port, and knows no biflows, so these are left out and each direction is compared.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { PacketMeter } from '../../exporter/meter/packet-meter.ts';
import { formatAddress } from '../../shared/wire/address.ts';
import { hasPeers, peerPath } from '../support/peers.ts';
import { sampleTraffic, trafficCapture } from '../support/traffic-capture.ts';

const capture = trafficCapture(sampleTraffic(1_700_000_000_000));

/** `src sport dst dport protocol packets octets` of each direction. */
const metered = (): string[] => {
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

t.test('nfpcapd counts the same', async (t) => {
  if (!hasPeers(t, 'nfdump')) return;
  const nfpcapd = peerPath('nfdump').replace(/nfdump$/, 'nfpcapd');
  if (!existsSync(nfpcapd)) return void t.pass('no nfpcapd', { skip: 'nfpcapd is not installed' });
  const folder = t.testdir();
  const path = join(folder, 'traffic.pcap');
  const flows = join(folder, 'flows');
  writeFileSync(path, capture);
  mkdirSync(flows);
  execFileSync(nfpcapd, ['-r', path, '-w', flows], { stdio: 'ignore', timeout: 30_000 });
  const words = ['-R', flows, '-q', '-6', '-N', '-A', 'srcip,dstip,srcport,dstport,proto'];
  const format = 'fmt:%sa|%sp|%da|%dp|%pr|%pkt|%byt';
  const text = execFileSync(peerPath('nfdump'), [...words, '-o', format], { encoding: 'utf8' });
  const theirs = text
    .split('\n')
    .filter((line) => line.includes('|'))
    .map((line) => line.split('|').map((word) => word.trim()))
    .map((words) => words.map((word, i) => (i === 3 && word.includes('.') ? '0' : word)).join(' '));
  t.same(metered(), theirs.sort());
});
