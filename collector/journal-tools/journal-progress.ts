/** How far the ledger has come with a journal: what its commit log and its checkpoints say. */

import { listCheckpoints } from '../journal/checkpoint-file.ts';
import { readCommitLog } from '../journal/commit-log.ts';
import { makeRecoveryPlan } from '../journal/recovery-plan.ts';
import type { Segment } from '../journal/segment-list.ts';

export interface JournalProgress {
  /** Everything before this position is in ClickHouse, or has no rows. */
  readonly settledTo: number;
  /** Frames from this position on are needed at the next start. */
  readonly neededFrom: number;
  /** Where the commit log ends: what comes after it was not tried yet. */
  readonly loggedTo: number;
  /** Batches that were begun and are not acknowledged. */
  readonly openBatches: number;
  readonly checkpoints: readonly { readonly position: number; readonly settled: boolean }[];
  readonly warnings: readonly string[];
}

/** stored: all of it is in ClickHouse; kept: so, and no start needs it any more; part: some of it waits; waiting: all of it does. */
export type SegmentState = 'stored' | 'kept' | 'part' | 'waiting';

/** @throws ConfigError when the commit log is of a newer format, or cannot be read. */
export const readProgress = (directory: string, journalId: string): JournalProgress => {
  const log = readCommitLog(directory, journalId);
  const checkpoints = listCheckpoints(directory);
  const plan = makeRecoveryPlan(log, checkpoints, 0);
  return {
    settledTo: plan.intents[0]?.start ?? plan.resumeAt,
    neededFrom: plan.checkpoint ?? 0,
    loggedTo: log.resumeFrom,
    openBatches: log.open.length,
    checkpoints: checkpoints.map(({ position, settled }) => ({ position, settled })),
    warnings: log.warnings,
  };
};

export const stateOf = ({ base, end }: Segment, progress: JournalProgress): SegmentState => {
  if (end <= progress.settledTo) return end <= progress.neededFrom ? 'kept' : 'stored';
  return base < progress.settledTo ? 'part' : 'waiting';
};
