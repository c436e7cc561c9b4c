/**
 * What the first fragment of an IP packet said of its transport. Those behind it have none, and belong to it by addresses, protocol
 * and identification (RFC 791 3.2, RFC 8200 4.5).
 */

import type { PacketFacts } from './packet-facts.ts';

/** IP packets whose fragments may be on their way. Each has one place; a newer one takes it over from an older one. */
const maxPackets = 8192;
/** Systems give up a packet after 15 to 60 s; then its identification may be another's. */
const maxAgeMicros = 30e6;
/** 8 words of addresses, identification, protocol. */
const wordsPerPacket = 10;
/** Octets of the transport header that are kept: all that anybody asks for. */
const transportBytes = 16;

/** Fragments of other packets may be in any number: what is mixed badly only costs its place. */
const placeOf = (facts: PacketFacts, identification: number): number => {
  const { src0, src1, src2, src3, dst0, dst1, dst2, dst3, protocol } = facts;
  const ends = src0 ^ src1 ^ src3 ^ Math.imul(dst0 ^ dst1 ^ dst3, 31);
  const mixed = Math.imul(ends ^ src2 ^ dst2 ^ protocol ^ Math.imul(identification, 0x9e3779b1), 0x85ebca6b);
  return (mixed >>> 16) & (maxPackets - 1);
};

export class FragmentMemory {
  readonly #words = new Int32Array(maxPackets * wordsPerPacket);
  /** When the first fragment came; -Infinity where there is none. */
  readonly #micros = new Float64Array(maxPackets).fill(Number.NEGATIVE_INFINITY);
  readonly #transport = new DataView(new ArrayBuffer(maxPackets * transportBytes));
  readonly #lengths = new Uint8Array(maxPackets);

  /** To be called with a first fragment. */
  remember(facts: PacketFacts, identification: number): void {
    const place = placeOf(facts, identification);
    const at = place * wordsPerPacket;
    const words = this.#words;
    words[at] = facts.src0;
    words[at + 1] = facts.src1;
    words[at + 2] = facts.src2;
    words[at + 3] = facts.src3;
    words[at + 4] = facts.dst0;
    words[at + 5] = facts.dst1;
    words[at + 6] = facts.dst2;
    words[at + 7] = facts.dst3;
    words[at + 8] = identification;
    words[at + 9] = facts.protocol;
    this.#micros[place] = facts.micros;
    const length = Math.min(transportBytes, facts.transportEnd - facts.transportAt);
    this.#lengths[place] = length;
    for (let i = 0; i < length; i++)
      this.#transport.setUint8(place * transportBytes + i, facts.transport.getUint8(facts.transportAt + i));
  }

  /** Gives a later fragment the transport of its first one. False: that was not seen, or too long ago; nothing is changed. */
  complete(facts: PacketFacts, identification: number): boolean {
    const place = placeOf(facts, identification);
    if (!this.#isAt(place, facts, identification)) return false;
    facts.transport = this.#transport;
    facts.transportAt = place * transportBytes;
    facts.transportEnd = facts.transportAt + (this.#lengths[place] as number);
    return true;
  }

  #isAt(place: number, facts: PacketFacts, identification: number): boolean {
    const at = place * wordsPerPacket;
    const words = this.#words;
    return (
      Math.abs(facts.micros - (this.#micros[place] as number)) <= maxAgeMicros &&
      words[at] === facts.src0 &&
      words[at + 1] === facts.src1 &&
      words[at + 2] === facts.src2 &&
      words[at + 3] === facts.src3 &&
      words[at + 4] === facts.dst0 &&
      words[at + 5] === facts.dst1 &&
      words[at + 6] === facts.dst2 &&
      words[at + 7] === facts.dst3 &&
      words[at + 8] === (identification | 0) &&
      words[at + 9] === facts.protocol
    );
  }
}
