/** What the collector says once a second on a terminal, and once a minute in a log. */

import { formatBytes, formatCount, formatDuration, formatRate } from '../shared/service/format-quantity.ts';

/** How full the journal is. */
export interface JournalFill {
  readonly bytes: number;
  readonly maxBytes: number;
  /** Received, and not stored yet. */
  readonly lagBytes: number;
  /** At the present rate; undefined while it does not grow. */
  readonly fullInSeconds: number | undefined;
}

/** Counters since the start, read at one moment. */
export interface StatusReading {
  readonly atMs: number;
  readonly datagrams: number;
  readonly flows: number;
  readonly stored: number;
  readonly notStored: number;
  readonly lagMs: number;
  /** Undefined without a journal. */
  readonly journal: JournalFill | undefined;
  readonly kernelDrops: number;
  readonly queueDrops: number;
  /** Datagrams that were in the journal, and had to go before they were stored. */
  readonly journalDrops: number;
  readonly refused: number;
  readonly exporters: number;
  readonly problem: string | undefined;
}

export interface Status {
  readonly text: string;
  readonly fields: Readonly<Record<string, number | string>>;
}

/** Said while the journal fills up: what waits in it, and how long it lasts. */
const journalParts = (journal: JournalFill | undefined): readonly string[] => {
  if (journal?.fullInSeconds === undefined) return [];
  const { lagBytes, bytes, maxBytes, fullInSeconds } = journal;
  const left = formatDuration(1000 * fullInSeconds);
  return [
    `${formatBytes(lagBytes)} wait`,
    `journal ${formatBytes(bytes)} of ${formatBytes(maxBytes)}, full in ${left}`,
  ];
};

const journalFields = (journal: JournalFill | undefined): Readonly<Record<string, number>> =>
  journal === undefined
    ? {}
    : {
        lag_bytes: journal.lagBytes,
        journal_bytes: journal.bytes,
        ...(journal.fullInSeconds !== undefined && { journal_full_in_seconds: journal.fullInSeconds }),
      };

/** Rates between two readings; the earlier one may be the start, all zeros. */
export const makeStatus = (before: StatusReading, now: StatusReading): Status => {
  const seconds = Math.max(0.001, (now.atMs - before.atMs) / 1000);
  const datagrams = (now.datagrams - before.datagrams) / seconds;
  const flows = (now.flows - before.flows) / seconds;
  const drops = now.kernelDrops + now.queueDrops + now.journalDrops;
  const parts = [
    formatRate(Math.round(datagrams), 'datagrams'),
    formatRate(Math.round(flows), 'flows'),
    `${formatCount(now.stored)} rows stored`,
    `lag ${formatDuration(Math.round(now.lagMs))}`,
    ...journalParts(now.journal),
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
      ...journalFields(now.journal),
      kernel_drops: now.kernelDrops,
      queue_drops: now.queueDrops,
      journal_drops: now.journalDrops,
      refused: now.refused,
      exporters: now.exporters,
      ...(now.problem === undefined ? {} : { problem: now.problem }),
    },
  };
};
