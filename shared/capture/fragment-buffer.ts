/**
 * Fragments of IP packets until the packet is whole. Exporters with a small MTU on their way send datagrams in fragments, and
 * a capture has them as they were on the wire.
 */

import type { IpPacket } from './ip-packet.ts';

/** Octets of all fragments that wait; past it the packet that waits longest goes. */
export const maxWaitingBytes = 4 << 20;
/** A fragment takes memory beside its octets, so their number is bounded too. */
const maxWaitingPieces = 8192;
/** The largest packet over the smallest MTU of IPv4 (576) has 120. */
const maxPiecesOfPacket = 1024;
/** Payload of the largest IP packet. */
const maxPayloadBytes = 65535;
/** RFC 8200 4.5: a packet that is not whole after 60 seconds is given up. */
const waitMicros = 60e6;

interface Waiting {
  readonly sinceMicros: number;
  readonly pieces: { readonly at: number; readonly bytes: Uint8Array }[];
  heldBytes: number;
  /** Of the whole payload; unknown until the last fragment is there. */
  totalBytes: number;
}

/** Puts the pieces together, or returns undefined where one is missing. Where two overlap, the later one is believed. */
const assemble = (waiting: Waiting): Uint8Array | undefined => {
  let covered = 0;
  for (const piece of [...waiting.pieces].sort((a, b) => a.at - b.at)) {
    if (piece.at > covered) return undefined;
    covered = Math.max(covered, piece.at + piece.bytes.length);
  }
  if (covered < waiting.totalBytes) return undefined;
  const whole = new Uint8Array(covered);
  for (const piece of waiting.pieces) whole.set(piece.bytes, piece.at);
  return whole.subarray(0, waiting.totalBytes);
};

export class FragmentBuffer {
  /** Packets given up: too old, or pushed out by others. */
  droppedPackets = 0;
  readonly #waiting = new Map<string, Waiting>();
  #heldBytes = 0;
  #heldPieces = 0;

  /** Packets that wait for fragments. */
  get waitingPackets(): number {
    return this.#waiting.size;
  }

  /**
   * Takes a fragment, whose octets are copied. Returns the payload of the packet when this one makes it whole.
   * `micros` is the time of capture, in microseconds since 1970.
   */
  add(packet: IpPacket, bytes: Uint8Array, micros: number): Uint8Array | undefined {
    const { srcAt, addressBytes, payloadAt, payloadEnd, fragmentAt } = packet;
    const length = payloadEnd - payloadAt;
    if (length === 0 || fragmentAt + length > maxPayloadBytes) return undefined;
    this.#expire(micros);
    const addresses = Buffer.from(bytes.buffer, bytes.byteOffset + srcAt, 2 * addressBytes).toString(
      'latin1',
    );
    const key = `${packet.protocol} ${packet.identification} ${addresses}`;
    const waiting = this.#waiting.get(key) ?? {
      sinceMicros: micros,
      pieces: [],
      heldBytes: 0,
      totalBytes: Number.POSITIVE_INFINITY,
    };
    this.#waiting.set(key, waiting);
    waiting.pieces.push({ at: fragmentAt, bytes: bytes.slice(payloadAt, payloadEnd) });
    waiting.heldBytes += length;
    this.#heldBytes += length;
    this.#heldPieces++;
    if (!packet.moreFragments) waiting.totalBytes = fragmentAt + length;
    const whole = waiting.heldBytes >= waiting.totalBytes ? assemble(waiting) : undefined;
    // More than a packet can have: the same fragments again and again.
    const absurd = waiting.heldBytes > maxPayloadBytes || waiting.pieces.length > maxPiecesOfPacket;
    if (whole || absurd) this.#remove(key, waiting);
    if (!whole && absurd) this.droppedPackets++;
    while (this.#heldBytes > maxWaitingBytes || this.#heldPieces > maxWaitingPieces) this.#dropOldest();
    return whole;
  }

  #remove(key: string, waiting: Waiting): void {
    this.#waiting.delete(key);
    this.#heldBytes -= waiting.heldBytes;
    this.#heldPieces -= waiting.pieces.length;
  }

  #dropOldest(): void {
    for (const [key, waiting] of this.#waiting) {
      this.#remove(key, waiting);
      this.droppedPackets++;
      return;
    }
  }

  /** The Map keeps the order of arrival, so the oldest packets come first. */
  #expire(micros: number): void {
    for (const [key, waiting] of this.#waiting) {
      if (micros - waiting.sinceMicros <= waitMicros) return;
      this.#remove(key, waiting);
      this.droppedPackets++;
    }
  }
}
