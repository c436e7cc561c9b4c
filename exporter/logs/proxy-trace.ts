/** A request as a proxy passed it on: which connection it came by, and which one it went by. */

/** Addresses are 16 octets, IPv4 mapped. Texts that are not known are empty. */
export interface ProxyTrace {
  /** When it was logged; microseconds since 1970. */
  readonly atMicros: number;
  readonly front: ProxyTuple;
  readonly back: ProxyTuple;
  readonly requestId: string;
  readonly sessionId: string;
  readonly mapping: string;
  /** Undefined: not said. */
  readonly client: Uint8Array | undefined;
  readonly host: string;
}

/** As the packets from the client, or to the back end, have it. */
export interface ProxyTuple {
  readonly src: Uint8Array;
  readonly dst: Uint8Array;
  readonly srcPort: number;
  readonly dstPort: number;
}
