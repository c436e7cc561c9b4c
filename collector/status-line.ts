/** What the collector says once a second on a terminal, and once a minute in a log. */

import { formatCount, formatDuration, formatRate } from '../shared/service/format-quantity.ts';

/** Counters since the start, read at one moment. */
export interface StatusReading {
  readonly atMs: number;
  readonly datagrams: number;
  readonly flows: number;
  readonly stored: number;
  readonly notStored: number;
  readonly lagMs: number;
  readonly kernelDrops: number;
  readonly queueDrops: number;
  readonly refused: number;
  readonly exporters: number;
  readonly problem: string | undefined;
}

export interface Status {
  readonly text: string;
  readonly fields: Readonly<Record<string, number | string>>;
}

/** Rates between two readings; the earlier one may be the start, all zeros. */
export const makeStatus = (before: StatusReading, now: StatusReading): Status => {
  const seconds = Math.max(0.001, (now.atMs - before.atMs) / 1000);
  const datagrams = (now.datagrams - before.datagrams) / seconds;
  const flows = (now.flows - before.flows) / seconds;
  const drops = now.kernelDrops + now.queueDrops;
  const parts = [
    formatRate(Math.round(datagrams), 'datagrams'),
    formatRate(Math.round(flows), 'flows'),
    `${formatCount(now.stored)} rows stored`,
    `lag ${formatDuration(Math.round(now.lagMs))}`,
    `${formatCount(drops)} dropped`,
    `${formatCount(now.exporters)} exporter${now.exporters === 1 ? '' : 's'}`,
    ...(now.refused > 0 ? [`${formatCount(now.refused)} refused`] : []),
    ...(now.notStored > 0 ? [`${formatCount(now.notStored)} rows not stored`] : []),
    ...(now.problem === undefined ? [] : [now.problem]),
  ];
  return {
    text: parts.join('  |  '),
    fields: {
      datagrams_per_second: Math.round(datagrams),
      flows_per_second: Math.round(flows),
      rows_stored: now.stored,
      rows_not_stored: now.notStored,
      lag_ms: Math.round(now.lagMs),
      kernel_drops: now.kernelDrops,
      queue_drops: now.queueDrops,
      refused: now.refused,
      exporters: now.exporters,
      ...(now.problem === undefined ? {} : { problem: now.problem }),
    },
  };
};
