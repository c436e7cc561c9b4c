/** Checkpoints as the ledger wrote them: positions with what was learnt before them. */

import { listCheckpoints, readCheckpoint } from '../journal/checkpoint-file.ts';
import type { FrameState } from './frame-decoder.ts';

export interface LoadedCheckpoint {
  readonly position: number;
  readonly state: FrameState;
}

/** Undefined where the file cannot be read, or is of another journal; why is told to `onProblem`. */
export const loadCheckpoint = (
  path: string,
  journalId: string,
  onProblem: (problem: string) => void,
): LoadedCheckpoint | undefined => {
  const reading = readCheckpoint(path);
  const { checkpoint } = reading;
  if (checkpoint?.journal === journalId)
    return { position: checkpoint.position, state: checkpoint.state as FrameState };
  onProblem(`${path}: ${checkpoint ? 'it is of another journal' : reading.reason}`);
  return undefined;
};

/** The newest one at or before `position` that can be read. */
export const findCheckpoint = (
  directory: string,
  journalId: string,
  position: number,
  onProblem: (problem: string) => void,
): LoadedCheckpoint | undefined => {
  for (const entry of listCheckpoints(directory).toReversed()) {
    const loaded = entry.position <= position ? loadCheckpoint(entry.path, journalId, onProblem) : undefined;
    if (loaded) return loaded;
  }
  return undefined;
};
