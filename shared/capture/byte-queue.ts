const nothing = new Uint8Array(0);
/** Octets of a chunk that are copied behind what was left over: the packet between them is rarely longer. */
const minJointBytes = 64 << 10;

/**
 * The octets of a capture between arriving in pieces of any size and being read in blocks. What is read stays where it is
 * until the next `push`.
 */
export class ByteQueue {
  bytes: Uint8Array = nothing;
  view: DataView = new DataView(this.bytes.buffer);
  /** The octets that wait are `[at, end)` of `bytes`. */
  at = 0;
  end = 0;
  /** Where `at` is in the whole capture. */
  offset = 0;

  get available(): number {
    return this.end - this.at;
  }

  /**
   * Takes over `chunk`, which must not change before the next `push` is done. Octets left over are moved in front of its
   * beginning; `more` shows the rest of it.
   */
  push(chunk: Uint8Array): void {
    while (this.more());
    this.#rest = this.available;
    this.#chunk = chunk;
    if (this.#rest === 0) this.#showChunk(0);
    else this.#join(Math.min(chunk.length, minJointBytes));
  }

  /** Shows more of the octets that were pushed; false when all are there. To be asked when a block is not whole. */
  more(): boolean {
    const shown = this.end - this.#rest;
    if (shown >= this.#chunk.length) return false;
    if (this.at >= this.#rest) this.#showChunk(this.at - this.#rest);
    else {
      // A block that is longer than what was joined: twice as much keeps it linear.
      this.#rest -= this.at;
      this.#join(Math.min(this.#chunk.length, 2 * shown));
    }
    return true;
  }

  skip(lengthBytes: number): void {
    this.at += lengthBytes;
    this.offset += lengthBytes;
  }

  /** The octets left over, with the beginning of the chunk behind them. */
  #own: Uint8Array = nothing;
  #chunk: Uint8Array = nothing;
  /** How many octets of `bytes` were there before the chunk. */
  #rest = 0;

  /** The chunk itself from `at` on: all that was left over before it is read. */
  #showChunk(at: number): void {
    this.#use(this.#chunk, at, this.#chunk.length);
    this.#chunk = nothing;
    this.#rest = this.end;
  }

  #join(chunkBytes: number): void {
    const rest = this.#rest;
    const needed = rest + chunkBytes;
    // `bytes` may be a chunk of the caller's, so it is never written to; twice the size keeps a long block linear.
    if (this.#own.length < needed) this.#own = new Uint8Array(2 * needed);
    if (this.#own !== this.bytes) this.#own.set(this.bytes.subarray(this.at, this.at + rest));
    else if (this.at > 0) this.#own.copyWithin(0, this.at, this.at + rest);
    this.#own.set(this.#chunk.subarray(0, chunkBytes), rest);
    this.#use(this.#own, 0, needed);
  }

  #use(bytes: Uint8Array, at: number, end: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.at = at;
    this.end = end;
  }
}
