/** What a keeper needs to know of a rollup: what is to be inserted next. */

import type { InsertParams } from './rollup-insert.ts';
import type { Progress, RollupProgress } from './rollup-progress.ts';
import type { RollupTable } from './rollup-tables.ts';

export interface StepMoment {
  /** All that was received before it is stored. */
  readonly storedUntil: number;
  /** Nothing came for a while: what is there is taken, though a window is not over. */
  readonly isQuiet: boolean;
  /** Nothing more is to come: an hour is over though it is not. */
  readonly isHistory: boolean;
  readonly asked: RollupProgress;
  /** Of flows_1m; undefined: it has not begun. */
  readonly minutes: Progress | undefined;
  readonly nowMicros: number;
}

export interface Step {
  readonly query: string;
  readonly params: InsertParams;
  /** How far the table has come then. */
  readonly until: number;
  /** The newest `until` among its rows, when there are any. */
  readonly marks: number;
  /** More is to come of the same window. */
  readonly isPart?: boolean;
}

export interface RollupJob {
  readonly rollup: RollupTable;
  /** People watch it: its windows are made as soon as rows are stored, and wait for no other rollup's. */
  readonly isPrompt?: boolean;
  /** Where it begins, of receipt, when flows were received from `oldest` on. */
  readonly begin: (oldest: number) => number;
  /** Undefined: there is nothing to do yet. */
  readonly next: (progress: Progress, moment: StepMoment) => Step | undefined | Promise<Step | undefined>;
  /** Puts what was found after a crash in order. */
  readonly resume?: (progress: Progress, asked: RollupProgress) => Promise<Progress>;
  /** What the last INSERT took, seconds. */
  readonly took?: (seconds: number, progress: Progress, storedUntil: number) => void;
  /** It took more memory than there is: the next one is to be smaller. False: it cannot be. */
  readonly shrink?: () => boolean;
}
