/**
 * What the first fragment of a datagram said of its transport. Those behind it have no ports, and belong to it by addresses,
 * protocol and identification (RFC 791 3.2, RFC 8200 4.5).
 */

import type { PacketFacts } from '../filter/packet-facts.ts';

/** Datagrams whose fragments may be on their way. Each has one place; a newer one takes it over from an older one. */
const maxDatagrams = 8192;
/** Systems give up a datagram after 15 to 60 s; then its identification may be another's. */
const maxAgeMicros = 30e6;

const makeRemembered = () => ({
  micros: Number.NEGATIVE_INFINITY,
  identification: 0,
  protocol: 0,
  src0: 0,
  src1: 0,
  src2: 0,
  src3: 0,
  dst0: 0,
  dst1: 0,
  dst2: 0,
  dst3: 0,
  srcPort: 0,
  dstPort: 0,
  tcpFlags: 0,
  icmpType: 0,
  icmpCode: 0,
});
type Remembered = ReturnType<typeof makeRemembered>;

/** Fragments of other connections may be in any number: what is mixed badly only costs its place. */
const placeOf = (facts: PacketFacts, identification: number): number => {
  const ends = facts.src0 ^ facts.src1 ^ facts.src3 ^ Math.imul(facts.dst0 ^ facts.dst1 ^ facts.dst3, 31);
  const mixed = Math.imul(
    ends ^ facts.src2 ^ facts.dst2 ^ facts.protocol ^ Math.imul(identification, 0x9e3779b1),
    0x85ebca6b,
  );
  return (mixed >>> 16) & (maxDatagrams - 1);
};

const isSame = (kept: Remembered, facts: PacketFacts, identification: number): boolean =>
  kept.identification === identification &&
  kept.protocol === facts.protocol &&
  kept.src3 === facts.src3 &&
  kept.dst3 === facts.dst3 &&
  kept.src0 === facts.src0 &&
  kept.src1 === facts.src1 &&
  kept.src2 === facts.src2 &&
  kept.dst0 === facts.dst0 &&
  kept.dst1 === facts.dst1 &&
  kept.dst2 === facts.dst2 &&
  Math.abs(facts.micros - kept.micros) <= maxAgeMicros;

export class FragmentMemory {
  readonly #places: (Remembered | undefined)[] = new Array(maxDatagrams).fill(undefined);

  /** To be called with a first fragment. */
  remember(facts: PacketFacts, identification: number): void {
    const place = placeOf(facts, identification);
    let kept = this.#places[place];
    if (kept === undefined) {
      kept = makeRemembered();
      this.#places[place] = kept;
    }
    kept.micros = facts.micros;
    kept.identification = identification;
    kept.protocol = facts.protocol;
    kept.src0 = facts.src0;
    kept.src1 = facts.src1;
    kept.src2 = facts.src2;
    kept.src3 = facts.src3;
    kept.dst0 = facts.dst0;
    kept.dst1 = facts.dst1;
    kept.dst2 = facts.dst2;
    kept.dst3 = facts.dst3;
    kept.srcPort = facts.srcPort;
    kept.dstPort = facts.dstPort;
    kept.tcpFlags = facts.tcpFlags;
    kept.icmpType = facts.icmpType;
    kept.icmpCode = facts.icmpCode;
  }

  /** Gives a later fragment the transport of its first one; without one it stays as it is. */
  complete(facts: PacketFacts, identification: number): void {
    const kept = this.#places[placeOf(facts, identification)];
    if (kept === undefined || !isSame(kept, facts, identification)) return;
    facts.srcPort = kept.srcPort;
    facts.dstPort = kept.dstPort;
    facts.tcpFlags = kept.tcpFlags;
    facts.icmpType = kept.icmpType;
    facts.icmpCode = kept.icmpCode;
  }
}
