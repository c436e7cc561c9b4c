/**
 * Variable-length texts at the end of a record (RFC 7011 7): a length of one octet below 255, else 255 and two octets more. They are
 * what is cut where a record would not fit into a Message.
 */

import type { FlowRecord } from '../meter/flow-record.ts';

export type TextReader = (record: FlowRecord) => string;

/** RFC 7011 7: from here on the length has three octets. */
const longBytes = 255;
/** The length of an IPFIX Message has 16 bits, so no text has more. */
const maxTextBytes = 65535;

const prefixBytes = (textBytes: number): number => (textBytes < longBytes ? 1 : 3);

/** UTF-8 goes on with octets 10xxxxxx: a character begins at the others. */
const characterEnd = (bytes: Uint8Array, from: number, length: number): number => {
  let end = length;
  while (end > 0 && ((bytes[from + end] ?? 0) & 0xc0) === 0x80) end--;
  return end;
};

export class RecordTexts {
  readonly #readers: readonly TextReader[];
  /** The texts of the record as UTF-8, one behind the other: where each begins, and how many octets of it are kept. */
  #octets = Buffer.alloc(1024);
  readonly #begins: Uint32Array;
  readonly #lengths: Uint16Array;

  constructor(readers: readonly TextReader[]) {
    this.#readers = readers;
    this.#begins = new Uint32Array(readers.length);
    this.#lengths = new Uint16Array(readers.length);
  }

  /**
   * Reads the texts of the record, and cuts them between characters, the longest first, until they fit into `roomBytes`, their lengths
   * included. Returns how many octets they take; more than `roomBytes` only where there is no room for the lengths of empty ones.
   */
  read(record: FlowRecord, roomBytes: number): number {
    const room = Math.max(0, Math.min(roomBytes, maxTextBytes));
    let at = 0;
    for (let i = 0; i < this.#readers.length; i++) {
      const text = (this.#readers[i] as TextReader)(record);
      // A UTF-16 unit has at most three octets in UTF-8.
      const mostBytes = Math.min(room, 3 * text.length);
      if (at + mostBytes > this.#octets.length)
        this.#octets = Buffer.concat([this.#octets], 2 * (at + mostBytes));
      this.#begins[i] = at;
      at += this.#lengths[i] = this.#octets.write(text, at, mostBytes);
    }
    const lengthBytes = this.#lengthWithin(maxTextBytes);
    return lengthBytes <= room ? lengthBytes : this.#cut(room);
  }

  /** Writes what was read last. */
  write(bytes: Uint8Array, at: number): void {
    let to = at;
    for (let i = 0; i < this.#lengths.length; i++) {
      const [from, length] = [this.#begins[i] as number, this.#lengths[i] as number];
      if (length < longBytes) bytes[to++] = length;
      else {
        bytes[to++] = longBytes;
        bytes[to++] = length >>> 8;
        bytes[to++] = length & 0xff;
      }
      this.#octets.copy(bytes, to, from, from + length);
      to += length;
    }
  }

  /** What the texts take when none of them is longer than `mostBytes`. */
  #lengthWithin(mostBytes: number): number {
    let sum = 0;
    for (const length of this.#lengths) {
      const kept = Math.min(length, mostBytes);
      sum += prefixBytes(kept) + kept;
    }
    return sum;
  }

  /** Finds the greatest length that all may have, so that only longer ones lose something. */
  #cut(roomBytes: number): number {
    let [fits, tooLong] = [0, roomBytes + 1];
    while (tooLong - fits > 1) {
      const middle = (fits + tooLong) >>> 1;
      if (this.#lengthWithin(middle) <= roomBytes) fits = middle;
      else tooLong = middle;
    }
    for (const [i, length] of this.#lengths.entries())
      if (length > fits) this.#lengths[i] = characterEnd(this.#octets, this.#begins[i] ?? 0, fits);
    return this.#lengthWithin(fits);
  }
}
