import type { CheckpointEntry } from './checkpoint-file.ts';
import type { CommitLogContents } from './commit-log-reading.ts';
import type { Intent } from './commit-record.ts';

export interface PlannedIntent extends Intent {
  /** False: of its frames, the first at least are gone, so it cannot be decoded again. */
  readonly frames: boolean;
}

export interface RecoveryPlan {
  /** Position of the checkpoint to begin with; undefined: with nothing learnt. */
  readonly checkpoint: number | undefined;
  /** Frames from here on are decoded again, to learn from them; rows are stored of open intents only. */
  readonly replayFrom: number;
  /** Open intents, by start. */
  readonly intents: readonly PlannedIntent[];
  /** From here on frames are new. */
  readonly resumeAt: number;
  readonly problems: readonly string[];
}

type KnownCheckpoint = Omit<CheckpointEntry, 'path'>;

const overlaps = (intents: readonly Intent[]): string[] =>
  intents.flatMap((intent, i) => {
    const before = intents[i - 1];
    return before && before.end > intent.start
      ? `the batches ${before.batch} and ${intent.batch} of the commit log have datagrams in common`
      : [];
  });

/**
 * What a restart has to do. `firstPosition`: of the oldest frame that is left, or where the journal ends when none is. When the
 * checkpoint that was chosen cannot be read, call again without it.
 *
 * A checkpoint is of use up to the first frame of which rows may have to be stored: that of the first open intent, else the one behind
 * all that the commit log knows, or that a settled checkpoint vouches for.
 */
export const makeRecoveryPlan = (
  contents: Pick<CommitLogContents, 'open' | 'resumeFrom' | 'isOwn'>,
  checkpoints: readonly KnownCheckpoint[],
  firstPosition: number,
): RecoveryPlan => {
  const problems: string[] = [];
  const intents = contents.open.map((intent) => ({ ...intent, frames: intent.start >= firstPosition }));
  const firstOpen = intents.find(({ frames }) => frames);
  const latest = (fits: (checkpoint: KnownCheckpoint) => boolean): number | undefined => {
    const positions = checkpoints.filter(fits).map(({ position }) => position);
    return positions.length > 0 ? Math.max(...positions) : undefined;
  };
  // The log may lack its end where it was not synced to disk; a settled checkpoint says the same for all before it.
  const settledTo = latest(({ settled }) => settled) ?? 0;
  // Without a log, the oldest checkpoint says where it was: those before it went because all rows before this one were stored.
  const oldest = contents.isOwn ? 0 : Math.min(...checkpoints.map(({ position }) => position));
  const known = Math.max(contents.resumeFrom, settledTo, Number.isFinite(oldest) ? oldest : 0);
  const resumeAt = Math.max(known, firstPosition);
  const limit = firstOpen?.start ?? known;
  const checkpoint = latest(({ position }) => position <= limit);

  const gone = intents.filter(({ frames }) => !frames);
  if (gone.length > 0)
    problems.push(
      `the datagrams of ${gone.length} batches that were under way are not in the journal any more: what of them is not stored is lost`,
    );
  problems.push(...overlaps(intents));
  if (!contents.isOwn && (firstPosition > 0 || checkpoints.length > 0))
    problems.push(
      `the commit log is not there: what was received from ${resumeAt} on is looked for before it is stored`,
    );
  else if (known < firstPosition)
    problems.push(
      `the journal begins at ${firstPosition}, and the commit log ends at ${known}: what was received between is not in the journal any more`,
    );
  if (checkpoint === undefined) {
    if (firstPosition > 0)
      problems.push('there is no checkpoint: Templates that came before the oldest segment are unknown');
  } else if (checkpoint < firstPosition && checkpoint < known) {
    problems.push(
      `the journal begins at ${firstPosition}, and the checkpoint is of ${checkpoint}: Templates that came between are unknown`,
    );
  }
  return {
    checkpoint,
    replayFrom: Math.max(checkpoint ?? 0, firstPosition),
    intents,
    resumeAt,
    problems,
  };
};
