/** Octets to a stream, no faster than it takes them. A reader that went away is no error. */

import type { Writable } from 'node:stream';

export class OctetWriter {
  writtenBytes = 0;
  readonly #stream: Writable;
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

  /** When it resolves, the stream is done with `bytes`, which may be used again. @throws the stream's error. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#error) throw this.#error;
    if (this.#isClosed) return;
    await new Promise<void>((resolve) => {
      this.#stream.write(bytes, (error) => {
        if (error) this.#fail(error);
        else this.writtenBytes += bytes.length;
        resolve();
      });
    });
    if (this.#error) throw this.#error;
  }

  #fail(error: Error): void {
    this.#isClosed = true;
    // `flowledger journal to-pcap - | head`: the reader has what it wanted.
    if (!('code' in error && error.code === 'EPIPE')) this.#error ??= error;
  }
}
