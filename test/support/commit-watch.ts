/** The commit log as a stranger reads it, by the text of docs/journal.md: lines of a CRC, a blank and JSON. */

import { readFileSync, watch } from 'node:fs';
import { join } from 'node:path';

export interface SeenIntent {
  readonly batch: number;
  readonly firstMicros: number;
  readonly lastMicros: number;
  readonly rows: number;
}

interface Line extends Partial<SeenIntent> {
  readonly type: string;
}

const readLines = (journalDir: string): readonly Line[] => {
  let text = '';
  try {
    text = readFileSync(join(journalDir, 'commits.log'), 'utf8');
  } catch {
    // There is none yet.
  }
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line.slice(9)) as Line];
    } catch {
      // The last line may be cut.
      return [];
    }
  });
};

/** Intents without a commit, in the order of the log. */
export const readOpenIntents = (journalDir: string): readonly SeenIntent[] => {
  const open = new Map<number, SeenIntent>();
  for (const { type, batch = 0, firstMicros = 0, lastMicros = 0, rows = 0 } of readLines(journalDir)) {
    if (type === 'intent') open.set(batch, { batch, firstMicros, lastMicros, rows });
    if (type === 'commit') open.delete(batch);
  }
  return [...open.values()];
};

/** Resolves as soon as the log has an open intent of a batch that no one of `known` is. */
export const nextOpenIntent = (journalDir: string, withinMs = 60_000): Promise<SeenIntent> => {
  const known = new Set(readOpenIntents(journalDir).map(({ batch }) => batch));
  return new Promise((resolve, reject) => {
    const watcher = watch(journalDir, () => {
      const found = readOpenIntents(journalDir).find(({ batch }) => !known.has(batch));
      if (found) done(() => resolve(found));
    });
    const timer = setTimeout(() => done(() => reject(new Error('no intent was logged'))), withinMs);
    const done = (settle: () => void): void => {
      watcher.close();
      clearTimeout(timer);
      settle();
    };
  });
};
