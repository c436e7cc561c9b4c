/** The figures of ask-bench.ts and ask-ingest.ts as the lines that bench.ts prints. */

import type { AskBench, AskResult, Timing } from './ask-bench.ts';
import type { AskIngest, RollupCost } from './ask-ingest.ts';

interface Line {
  readonly what: string;
  readonly ours: string;
  readonly peer: string;
  readonly reach: string;
  readonly reached: boolean | undefined;
}

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
const micros = (value: number): string => `${value.toFixed(3)} us`;

const describeTiming = ({ query, answer, serverCpu, best, worst }: Timing): string =>
  `${ms(query)} (${ms(best)} to ${ms(worst)}; all that is asked ${ms(answer)}, server's CPU ${ms(serverCpu)})`;

const describePeer = ({ nfdump, warm, cold }: AskResult): string => {
  if (!nfdump) return '';
  const ratio = (theirs: number, ours: number): string => `${(theirs / ours).toFixed(1)} x`;
  const said = `nfdump warm ${ms(nfdump.warm)}, ${ratio(nfdump.warm, warm.query)}`;
  return nfdump.cold === undefined || !cold
    ? said
    : `${said}; cold ${ms(nfdump.cold)}, ${ratio(nfdump.cold, cold.query)}`;
};

export const askLines = ({ answers, rollups }: AskBench): readonly Line[] => [
  ...answers.map((result) => {
    const { what, source, rows, warm, cold, reachMs } = result;
    return {
      what: `${what} (median; from ${source}; ${rows} rows)`,
      ours: `warm ${describeTiming(warm)}${cold ? `; cold ${describeTiming(cold)}` : ''}`,
      peer: describePeer(result),
      reach: reachMs === undefined ? '' : `<= ${reachMs} ms warm`,
      reached: reachMs === undefined ? undefined : warm.query <= reachMs,
    };
  }),
  ...rollups.map(({ rollup, hours, cpuMicros, seconds, rows, bytesOnDisk }) => ({
    what: `rollup ${rollup}, ${hours} h made alone: CPU of ClickHouse a flow`,
    ours: `${micros(cpuMicros)}, ${seconds.toFixed(0)} s; ${rows} rows, ${(bytesOnDisk / 2 ** 20).toFixed(0)} MiB`,
    peer: '',
    reach: '',
    reached: undefined,
  })),
];

const describeCost = ({
  collector,
  clickHouse,
  lostRecords,
  lagSeconds,
  rollupSeconds,
}: RollupCost): string =>
  `ClickHouse ${micros(clickHouse)}, collector ${micros(collector)}, lost ${lostRecords}, lag ${lagSeconds.toFixed(1)} s, rollups behind ${rollupSeconds.toFixed(0)} s`;

export const askIngestLines = (result: AskIngest): readonly Line[] => {
  const ratio = result.rateWith / result.rateWithout;
  return [
    {
      what: `CPU a flow with all rollups, ${result.flowsPerSecond} flows/s (median)`,
      ours: describeCost(result.with),
      peer: `--no-rollups: ${describeCost(result.without)}`,
      reach: '',
      reached: undefined,
    },
    {
      what: 'rate held with all rollups, nothing lost, lag <= 2 s',
      ours: `${result.rateWith} flows/s, ${ratio.toFixed(2)} x`,
      peer: `--no-rollups: ${result.rateWithout} flows/s`,
      reach: '>= 0.6 x',
      reached: ratio >= 0.6,
    },
  ];
};
