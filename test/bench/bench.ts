/**
 * `npm run bench [-- decode|ingest|disk ...] [--seconds N] [--how plain|segmented|node] [--json]`: figures beside peers, taken in
 * one run. The machine decides about absolute numbers; the ratios are what is meant.
 */

import { parseArgs } from 'node:util';
import { benchDecode } from './decode-bench.ts';
import { benchDisk } from './disk-bench.ts';
import { benchIngest } from './ingest-bench.ts';
import { UdpSender } from './udp-sender.ts';

interface Line {
  readonly what: string;
  readonly ours: string;
  readonly peer: string;
  readonly reach: string;
  readonly reached: boolean | undefined;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    how: { type: 'string', default: 'segmented' },
    json: { type: 'boolean', default: false },
  },
});
const wanted = (name: string): boolean => positionals.length === 0 || positionals.includes(name);
const lines: Line[] = [];
const raw: Record<string, unknown> = {};
const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};
const micros = (value: number): string => `${value.toFixed(3)} us`;

if (wanted('decode')) {
  say('decode: ours and node-netflowv9 in turns');
  const result = benchDecode();
  raw.decode = result;
  const { ours, theirs, ratio } = result;
  lines.push({
    what: 'decode, CPU a record (median; best)',
    ours: `${ours.median.toFixed(1)} ns; ${ours.best.toFixed(1)} ns`,
    peer: `node-netflowv9 ${theirs.median.toFixed(0)} ns; ${theirs.best.toFixed(0)} ns`,
    reach: '<= 40 ns',
    reached: ours.median <= 40,
  });
  lines.push({
    what: 'decode, ratio',
    ours: `${ratio.toFixed(1)} x`,
    peer: 'node-netflowv9 1 x',
    reach: '>= 25 x',
    reached: ratio >= 25,
  });
}

if (wanted('ingest')) {
  const sender = new UdpSender();
  const how = values.how as 'plain' | 'segmented' | 'node';
  say(`ingest: ten exporters, jittered times, sender ${how}, ${values.seconds} s`);
  const { ours, nfcapd, nfcapdAtOurRate } = await benchIngest(sender, how, Number(values.seconds), say);
  sender.close();
  raw.ingest = { ours, nfcapd, nfcapdAtOurRate };
  const { result } = ours;
  const rateRatio = ours.rate / nfcapd.rate;
  const cpuRatio = result.collector / nfcapdAtOurRate.cpuMicrosPerFlow;
  const stages = `receive ${micros(result.receive)}, ledger ${micros(result.decodeAndInsert)}, other threads ${micros(result.otherThreads)}`;
  const { early, late, most } = result.residentMiB;
  lines.push({
    what: `rate held ${values.seconds} s, nothing lost, lag <= 2 s`,
    ours: `${ours.rate} flows/s (lag ${result.lagSeconds.toFixed(1)} s), ${rateRatio.toFixed(2)} x`,
    peer: `nfcapd ${nfcapd.rate} flows/s`,
    reach: '>= 0.5 x',
    reached: rateRatio >= 0.5,
  });
  lines.push({
    what: 'CPU a flow, collector without ClickHouse',
    ours: `${micros(result.collector)} (${stages}), ${cpuRatio.toFixed(2)} x`,
    peer: `nfcapd ${micros(nfcapdAtOurRate.cpuMicrosPerFlow)}`,
    reach: '<= 1.2 x',
    reached: cpuRatio <= 1.2,
  });
  lines.push({
    what: 'CPU a flow, ClickHouse',
    ours: micros(result.clickHouse),
    peer: '',
    reach: '',
    reached: undefined,
  });
  lines.push({
    what: 'resident memory: after 5 s, at the end, most',
    ours: `${early.toFixed(0)}, ${late.toFixed(0)}, ${most.toFixed(0)} MiB`,
    peer: '',
    reach: '<= 300 MB, flat',
    reached: most * 1.048576 <= 300,
  });
}

if (wanted('disk')) {
  say('disk: five million rows of the generator, OPTIMIZE FINAL');
  const result = await benchDisk();
  raw.disk = result;
  lines.push({
    what: `bytes a row on disk, ${result.rows} rows, all included`,
    ours: result.bytesPerRow.toFixed(1),
    peer: '',
    reach: '<= 35',
    reached: result.bytesPerRow <= 35,
  });
}

if (values.json) process.stdout.write(`${JSON.stringify(raw, null, 2)}\n`);
else {
  for (const { what, ours, peer, reach, reached } of lines) {
    const verdict = reached === undefined ? '' : reached ? 'reached' : 'NOT reached';
    process.stdout.write(
      `${what}\n  ours  ${ours}\n${peer ? `  peer  ${peer}\n` : ''}${reach ? `  reach ${reach}: ${verdict}\n` : ''}`,
    );
  }
}
