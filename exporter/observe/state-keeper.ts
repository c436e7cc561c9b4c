/** Writes down how far a log was read, late enough that what was read has left us: after a crash something is sent twice rather than never. */

import type { ReadState } from './read-state.ts';

export interface StateKeeperOptions {
  /** So long after it was read, a line has left. */
  readonly delayMs: number;
  readonly save: (state: ReadState) => Promise<void>;
  readonly warn: (message: string) => void;
}

export class StateKeeper {
  readonly #options: StateKeeperOptions;
  /** In the order of time. */
  #noted: { readonly state: ReadState; readonly atMs: number }[] = [];
  #saved: ReadState | undefined;
  #saving: Promise<void> | undefined;

  constructor(options: StateKeeperOptions) {
    this.#options = options;
  }

  /** Where reading begins: nothing has to leave before that is saved. */
  begin(state: ReadState): void {
    this.#save(state);
  }

  /** To be called about once a second; `nowMs`: of a clock that is never put back. Saves an earlier state when it is time. */
  note(state: ReadState, nowMs: number): void {
    this.#noted.push({ state, atMs: nowMs });
    if (this.#saving !== undefined) return;
    const leftMs = nowMs - this.#options.delayMs;
    const due = this.#noted.findLastIndex(({ atMs }) => atMs <= leftMs);
    const ripe = this.#noted[due];
    if (ripe === undefined) return;
    this.#noted = this.#noted.slice(due + 1);
    this.#save(ripe.state);
  }

  /** When everything has left. */
  async finish(state: ReadState): Promise<void> {
    await this.#saving;
    this.#save(state);
    await this.#saving;
  }

  #save(state: ReadState): void {
    const { identity, position, headHash } = state;
    const saved = this.#saved;
    const isSameFile = saved?.identity.inode === identity.inode && saved.headHash === headHash;
    if (isSameFile && saved.position === position) return;
    this.#saving = this.#options
      .save(state)
      .then(() => {
        this.#saved = state;
      })
      .catch((error: Error) => this.#options.warn(`--state: ${error.message}`))
      .finally(() => {
        this.#saving = undefined;
      });
  }
}
