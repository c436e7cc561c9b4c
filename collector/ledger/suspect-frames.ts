/**
 * Frames of the journal over which we died, by a fault of our own. The journal would give them to us again at each start, and we would
 * die again: so they are written down, and passed over from then on.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const fileName = 'suspects.json';
/** Past these the newest are not written down: something else is wrong then. */
const maxSuspects = 1000;

export interface Suspect {
  readonly position: number;
  /** First line of the error. */
  readonly error: string;
  readonly at: string;
}

export class SuspectFrames {
  readonly #path: string;
  readonly #suspects: Suspect[];
  readonly #positions: Set<number>;

  private constructor(path: string, suspects: readonly Suspect[]) {
    this.#path = path;
    this.#suspects = [...suspects];
    this.#positions = new Set(suspects.map(({ position }) => position));
  }

  /** A file that is not there, or not ours, is none. */
  static load(directory: string): SuspectFrames {
    const path = join(directory, fileName);
    try {
      const read: unknown = JSON.parse(readFileSync(path, 'utf8'));
      const isSuspect = (one: unknown): one is Suspect =>
        typeof one === 'object' && one !== null && 'position' in one && Number.isSafeInteger(one.position);
      return new SuspectFrames(path, Array.isArray(read) ? read.filter(isSuspect) : []);
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!isMissing && !(error instanceof SyntaxError)) throw error;
      return new SuspectFrames(path, []);
    }
  }

  get size(): number {
    return this.#positions.size;
  }

  has(position: number): boolean {
    return this.#positions.has(position);
  }

  /** Before we die. `at`: when, as text. */
  add(position: number, error: unknown, at: string): void {
    if (this.#suspects.length >= maxSuspects || this.has(position)) return;
    const [line = ''] = String(error).split('\n');
    this.#suspects.push({ position, error: line, at });
    this.#positions.add(position);
    writeFileSync(this.#path, `${JSON.stringify(this.#suspects, null, 1)}\n`, { mode: 0o600 });
  }
}
