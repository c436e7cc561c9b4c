/**
 * Ports of fragmented packets. Only the first fragment has them; those behind it find them here by addresses, protocol and
 * identification (RFC 791 3.2, RFC 8200 4.5).
 */

import { hashWords } from './hash-words.ts';
import type { PacketFields } from './packet-fields.ts';

/** Packets whose fragments may be on their way. Each has one place; a newer packet takes it over from an older one. */
const maxPackets = 8192;
/** Systems give up a packet after 15 to 60 s; then its identification may be another's. */
const maxAgeMicros = 30e6;
/** 8 words of addresses, identification, protocol, ports. */
const wordsPerPacket = 11;

export class FragmentPorts {
  readonly #words = new Int32Array(maxPackets * wordsPerPacket);
  /** When the first fragment came; -Infinity where there is none. */
  readonly #micros = new Float64Array(maxPackets).fill(-Infinity);

  /** Remembers the ports of a first fragment. */
  remember(fields: PacketFields, identification: number): void {
    const place = this.#place(fields, identification);
    const at = place * wordsPerPacket;
    const words = this.#words;
    words[at] = fields.src0;
    words[at + 1] = fields.src1;
    words[at + 2] = fields.src2;
    words[at + 3] = fields.src3;
    words[at + 4] = fields.dst0;
    words[at + 5] = fields.dst1;
    words[at + 6] = fields.dst2;
    words[at + 7] = fields.dst3;
    words[at + 8] = identification;
    words[at + 9] = fields.protocol;
    words[at + 10] = fields.ports;
    this.#micros[place] = fields.micros;
  }

  /** Gives a later fragment its ports. False: the first one was not seen, or too long ago. */
  find(fields: PacketFields, identification: number): boolean {
    const place = this.#place(fields, identification);
    const at = place * wordsPerPacket;
    const words = this.#words;
    const isFound =
      Math.abs(fields.micros - (this.#micros[place] as number)) <= maxAgeMicros &&
      words[at] === fields.src0 &&
      words[at + 1] === fields.src1 &&
      words[at + 2] === fields.src2 &&
      words[at + 3] === fields.src3 &&
      words[at + 4] === fields.dst0 &&
      words[at + 5] === fields.dst1 &&
      words[at + 6] === fields.dst2 &&
      words[at + 7] === fields.dst3 &&
      words[at + 8] === (identification | 0) &&
      words[at + 9] === fields.protocol;
    if (isFound) fields.ports = words[at + 10] as number;
    return isFound;
  }

  #place(fields: PacketFields, identification: number): number {
    const ends = hashWords(
      fields.src2 ^ fields.src3,
      fields.dst2 ^ fields.dst3,
      identification,
      fields.protocol,
    );
    return hashWords(ends, fields.src0 ^ fields.src1, fields.dst0 ^ fields.dst1, 0) & (maxPackets - 1);
  }
}
