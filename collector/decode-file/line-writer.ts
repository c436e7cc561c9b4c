/** Text to a stream in large writes, no faster than its reader takes them. A reader that went away is no error. */

import type { Writable } from 'node:stream';

const writeChars = 64 << 10;

export class LineWriter {
  readonly #stream: Writable;
  #text = '';
  #isClosed = false;
  #error: Error | undefined;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('error', (error) => this.#fail(error));
  }

  /** Nobody reads any more: there is no need to go on. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** What went wrong with the stream, other than that its reader went away. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Appends text (lines with their ends), which `flush` and `end` hand on. */
  write(text: string): void {
    this.#text += text;
  }

  /** Hands on what has gathered when it is enough for a write. To be awaited when it returns a promise. */
  flush(): Promise<void> | undefined {
    return this.#text.length >= writeChars ? this.#writeAll() : undefined;
  }

  /** Hands on the rest; the stream stays open. @throws the stream's error, unless its reader went away. */
  async end(): Promise<void> {
    await this.#writeAll();
    if (this.#error) throw this.#error;
  }

  async #writeAll(): Promise<void> {
    const text = this.#text;
    this.#text = '';
    if (text === '' || this.#isClosed) return;
    await new Promise<void>((resolve) => {
      this.#stream.write(text, (error) => {
        if (error) this.#fail(error);
        resolve();
      });
    });
    if (this.#error) throw this.#error;
  }

  #fail(error: Error): void {
    this.#isClosed = true;
    // `flowledger decode FILE | head`: the reader has what it wanted.
    if (!('code' in error && error.code === 'EPIPE')) this.#error = error;
  }
}
