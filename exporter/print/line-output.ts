/**
 * Lines on standard output, written in blocks. A slow reader of ours must not keep events waiting or fill the memory: what
 * is more than it takes is dropped and counted, unless the source can wait for it.
 */

import type { Writable } from 'node:stream';

/** Characters put together before a write. */
const blockCharacters = 64 << 10;
/** Octets that may wait in the stream. */
export const maxWaitingBytes = 32 << 20;
/** A reader that has stopped must not keep us from ending. */
const endWithinMs = 5000;

export class LineOutput {
  /** Lines not written: the reader was too slow, or has gone. */
  dropped = 0;
  /** Lines could not be written for another reason than a reader who left: the disk is full, for instance. */
  failed = false;
  readonly #out: Writable;
  readonly #onGone: (error: NodeJS.ErrnoException) => void;
  #block = '';
  #gone = false;

  /** `onGone` is told once when the reader goes away (EPIPE) or `out` fails otherwise. */
  constructor(out: Writable, onGone: (error: NodeJS.ErrnoException) => void) {
    this.#out = out;
    this.#onGone = onGone;
    out.on('error', (error) => this.#leave(error));
  }

  /** `line` has its newline. */
  write(line: string): void {
    if (this.#gone || this.#out.writableLength > maxWaitingBytes) {
      this.dropped++;
      return;
    }
    this.#block += line;
    if (this.#block.length >= blockCharacters) this.flush();
  }

  flush(): void {
    if (this.#block === '' || this.#gone) return;
    this.#out.write(this.#block);
    this.#block = '';
  }

  /** A source that can wait does so: undefined where there is nothing to wait for. */
  ready(): Promise<void> | undefined {
    if (this.#gone || !this.#out.writableNeedDrain) return undefined;
    return new Promise((resolve) => {
      const done = (): void => {
        this.#out.off('drain', done).off('error', done).off('close', done);
        resolve();
      };
      this.#out.on('drain', done).on('error', done).on('close', done);
    });
  }

  /** Resolves when all is written, or the reader has gone, or has taken nothing to the end for so long. */
  end(withinMs = endWithinMs): Promise<void> {
    this.flush();
    if (this.#gone) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#out.write('', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #leave(error: NodeJS.ErrnoException): void {
    if (this.#gone) return;
    this.#gone = true;
    this.failed = error.code !== 'EPIPE';
    this.#block = '';
    this.#onGone(error);
  }
}
