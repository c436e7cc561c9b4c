/** What sequence numbers tell of what was lost: of a session, or of several together. */
export interface SequenceSums {
  missing: number;
  reordered: number;
  duplicate: number;
  unknown: number;
  restarts: number;
}

/** Adds those of a session, or of several, to a sum. */
export const addSequence = (sums: SequenceSums, sequence: SequenceSums): void => {
  sums.missing += sequence.missing;
  sums.reordered += sequence.reordered;
  sums.duplicate += sequence.duplicate;
  sums.unknown += sequence.unknown;
  sums.restarts += sequence.restarts;
};
