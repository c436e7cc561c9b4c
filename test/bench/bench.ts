/**
 * `npm run bench [-- decode|ingest|journal|disk|packets|extract|conntrack ...] [--seconds N] [--rate N] [--how plain|segmented|node] [--json]`: figures beside peers, taken in
 * one run. The machine decides about absolute numbers; the ratios are what is meant. Only when they are named, because they take long:
 *
 *   ask          [--data DIR] [--rows 100e6] [--turns 10] [--peer-turns 3] [--question NAME] [--warm] [--rollups-again]: questions, see ask-bench.ts
 *   ask-ingest   [--turns 3] [--seconds N] [--rate N]: what the rollups cost, see ask-ingest.ts
 */

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchAsk } from './ask-bench.ts';
import { benchAskIngest } from './ask-ingest.ts';
import { askIngestLines, askLines } from './ask-lines.ts';
import { benchConntrack, benchTable } from './conntrack-bench.ts';
import { conntrackListener, exporterListener, ulogdListener } from './conntrack-listeners.ts';
import { benchDecode } from './decode-bench.ts';
import { benchDisk } from './disk-bench.ts';
import { benchExtract } from './extract-bench.ts';
import { benchIngest } from './ingest-bench.ts';
import { benchJournal } from './journal-bench.ts';
import { benchPackets } from './packets-bench.ts';
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
    rate: { type: 'string', default: '800000' },
    how: { type: 'string', default: 'segmented' },
    json: { type: 'boolean', default: false },
    // Of `ask`; the directory is kept, and filled once.
    data: { type: 'string', default: join(tmpdir(), 'flowledger-ask') },
    rows: { type: 'string', default: '100e6' },
    turns: { type: 'string' },
    'peer-turns': { type: 'string', default: '3' },
    question: { type: 'string' },
    warm: { type: 'boolean', default: false },
    'rollups-again': { type: 'boolean', default: false },
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

if (wanted('journal')) {
  const sender = new UdpSender();
  const how = values.how as 'plain' | 'segmented' | 'node';
  const load = { flowsPerSecond: Number(values.rate), seconds: Number(values.seconds), how };
  say(`journal: with and without, ${values.rate} flows/s for ${values.seconds} s, three turns`);
  const result = await benchJournal(sender, load, 3, say);
  sender.close();
  raw.journal = result;
  lines.push({
    what: `CPU a flow with the journal, ${result.flowsPerSecond} flows/s (median)`,
    ours: `${micros(result.with.collector)} (receive ${micros(result.with.receive)}, ledger ${micros(result.with.ledger)}, other threads ${micros(result.with.otherThreads)}), lost ${result.with.lostRecords}, lag ${result.with.lagSeconds.toFixed(1)} s, ${(100 * result.part).toFixed(1)} % more`,
    peer: `without ${micros(result.without.collector)} (receive ${micros(result.without.receive)}, ledger ${micros(result.without.ledger)}, other threads ${micros(result.without.otherThreads)}), lost ${result.without.lostRecords}, lag ${result.without.lagSeconds.toFixed(1)} s`,
    reach: '<= 10 %',
    reached: result.part <= 0.1,
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

if (wanted('packets')) {
  say('packets: three million from a file, beside softflowd');
  const results = await benchPackets(say);
  raw.packets = results;
  for (const { packets, flows, ours, softflowd, ratio } of results) {
    const perPacket = (seconds: number): string =>
      `${seconds.toFixed(2)} s, ${((seconds * 1e9) / packets).toFixed(0)} ns a packet`;
    lines.push({
      what: `pcap to IPFIX, ${packets} packets of ${flows} flows (median)`,
      ours: `${perPacket(ours)}, ${ratio.toFixed(2)} x`,
      peer: `softflowd ${perPacket(softflowd)}`,
      reach: '>= 1.0 x',
      reached: ratio >= 1,
    });
  }
}

if (wanted('extract')) {
  say('extract: the packets of an address out of 1.5 million, beside tcpdump and tshark');
  const result = benchExtract(say);
  raw.extract = result;
  const { packets, bytes, ours, tcpdump, tshark, ratio } = result;
  const speed = (seconds: number): string =>
    `${seconds.toFixed(2)} s, ${(bytes / seconds / 1e6).toFixed(0)} MB/s`;
  lines.push({
    what: `extract from ${packets} packets, ${(bytes / 1e6).toFixed(0)} MB, start included (median)`,
    ours: `${speed(ours)}, ${ratio.toFixed(2)} x`,
    peer: `tcpdump ${speed(tcpdump)}${tshark === undefined ? '' : `; tshark ${speed(tshark)}`}`,
    reach: '>= 1.0 x',
    reached: ratio >= 1,
  });
}

if (wanted('conntrack')) {
  say(
    'conntrack: 300,000 new connections, at 55,000 a second and as fast as it goes; 1,000,000 in the table',
  );
  const exporter = exporterListener(fileURLToPath(new URL('../../cli.js', import.meta.url)));
  const listeners = [ulogdListener, conntrackListener, exporter];
  for (const rate of [55_000, 0]) {
    const load = { phase: 'new', connections: 300_000, rate } as const;
    const results = await benchConntrack(listeners, load, 3, (result) =>
      say(`${result.name}: ${result.lost} lost, ${result.cpuMicrosPerEvent.toFixed(2)} us an event`),
    );
    raw[`conntrack ${rate === 0 ? 'full speed' : rate}`] = results;
    const of = ({ name }: { readonly name: string }) => {
      const own = results.filter((result) => result.name === name);
      const costs = own.map((result) => result.cpuMicrosPerEvent).sort((a, b) => a - b);
      return { lost: Math.max(...own.map(({ lost }) => lost)), cost: costs[costs.length >> 1] ?? Number.NaN };
    };
    const [ulogd, conntrack, ours] = [of(ulogdListener), of(conntrackListener), of(exporter)];
    const ratio = ours.cost / ulogd.cost;
    lines.push({
      what: `NEW events, ${rate === 0 ? 'as fast as it goes' : `${rate} a second`}: lost at most, CPU an event (median)`,
      ours: `${ours.lost} lost, ${micros(ours.cost)}, ${ratio.toFixed(2)} x`,
      peer: `ulogd2 ${ulogd.lost} lost, ${micros(ulogd.cost)}; conntrack -E ${conntrack.lost} lost, ${micros(conntrack.cost)}`,
      reach: '0 lost, <= 0.5 x of ulogd2',
      reached: ours.lost === 0 && ratio <= 0.5,
    });
  }
  const table = await benchTable(exporter, 1_000_000);
  raw.table = table;
  lines.push({
    what: `resident memory with ${table.tracked} connections in the table: now; at most`,
    ours: `${table.now.toFixed(0)}; ${table.most.toFixed(0)} MiB`,
    peer: '',
    reach: '',
    reached: undefined,
  });
}

if (positionals.includes('ask')) {
  say(`ask: ${values.rows} flows of a day, in ${values.data}`);
  const result = await benchAsk(
    {
      directory: values.data,
      rows: Number(values.rows),
      turns: Number(values.turns ?? 10),
      peerTurns: Number(values['peer-turns']),
      isWarmOnly: values.warm,
      rollupsAgain: values['rollups-again'],
      ...(values.question === undefined ? {} : { question: values.question }),
    },
    say,
  );
  raw.ask = result;
  lines.push(...askLines(result));
}

if (positionals.includes('ask-ingest')) {
  const sender = new UdpSender();
  const how = values.how as 'plain' | 'segmented' | 'node';
  const load = { flowsPerSecond: Number(values.rate), seconds: Number(values.seconds), how };
  say(`ask-ingest: with and without rollups, ${values.rate} flows/s for ${values.seconds} s`);
  const result = await benchAskIngest(sender, load, Number(values.turns ?? 3), say);
  sender.close();
  raw.askIngest = result;
  lines.push(...askIngestLines(result));
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
