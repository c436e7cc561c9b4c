/**
 * The octets of a capture between arriving in pieces of any size and being read in blocks. What is read stays where it is
 * until the next `push`.
 */
export class ByteQueue {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  /** The octets that wait are `[at, end)` of `bytes`. */
  at = 0;
  end = 0;
  /** Where `at` is in the whole capture. */
  offset = 0;

  get available(): number {
    return this.end - this.at;
  }

  /** Takes over `chunk`, which must not change before the next `push`; octets left over are moved in front of it. */
  push(chunk: Uint8Array): void {
    const rest = this.available;
    if (rest === 0) {
      this.#use(chunk, 0, chunk.length);
      return;
    }
    const needed = rest + chunk.length;
    // `bytes` may be a chunk of the caller's, so it is never written to; twice the size keeps a long block linear.
    if (this.#own.length < needed) this.#own = new Uint8Array(2 * needed);
    if (this.#own === this.bytes) this.#own.copyWithin(0, this.at, this.end);
    else this.#own.set(this.bytes.subarray(this.at, this.end));
    this.#own.set(chunk, rest);
    this.#use(this.#own, 0, needed);
  }

  skip(lengthBytes: number): void {
    this.at += lengthBytes;
    this.offset += lengthBytes;
  }

  #own: Uint8Array = new Uint8Array(0);

  #use(bytes: Uint8Array, at: number, end: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.at = at;
    this.end = end;
  }
}
