/** Names of users, from /etc/passwd. Users that only a directory service knows have none. */

import { readFileSync, statSync } from 'node:fs';

const checkEveryMs = 5000;

export class ProcessUsers {
  readonly #path: string;
  #names = new Map<number, string>();
  #checkedAtMs = Number.NEGATIVE_INFINITY;
  #changedAtMs = Number.NaN;

  constructor(path = '/etc/passwd') {
    this.#path = path;
  }

  /** Empty: there is none. */
  nameOf(uid: number, nowMs: number): string {
    if (Math.abs(nowMs - this.#checkedAtMs) > checkEveryMs) this.#refresh(nowMs);
    return this.#names.get(uid) ?? '';
  }

  #refresh(nowMs: number): void {
    this.#checkedAtMs = nowMs;
    try {
      const { mtimeMs } = statSync(this.#path);
      if (mtimeMs === this.#changedAtMs) return;
      const names = new Map<number, string>();
      for (const line of readFileSync(this.#path, 'utf8').split('\n')) {
        const [name = '', , uid = ''] = line.split(':');
        // Of several names for a number the first one counts, as it does for getpwuid(3).
        if (/^\d+$/.test(uid) && !names.has(Number(uid))) names.set(Number(uid), name);
      }
      this.#names = names;
      this.#changedAtMs = mtimeMs;
    } catch {
      // Names that were there before stay.
    }
  }
}
