/**
 * Who sends: one entry per source address as the socket gives it, so that a datagram costs one look-up. What is worked out
 * from the text (octets, whether it is allowed) is worked out once.
 */

import ipaddr from 'ipaddr.js';
import type { AllowList } from './allow-list.ts';
import { type AddressOctets, addressFamilies } from './frame.ts';

/**
 * The most sources kept. A source address can be forged, so strangers can fill this table: some 20 MB. An address that sends
 * to an IPv4 socket and to one for both families has two entries.
 */
export const defaultMaxSources = 16384;
/** How many busy entries an eviction passes over before it takes one all the same. */
const maxSecondChances = 64;

export interface Source {
  /** As people write it: an IPv4 address where it is one, no scope. */
  readonly address: string;
  readonly octets: AddressOctets;
  /** The same memory as four words, in the order of the host. */
  readonly octetWords: Uint32Array;
  readonly family: number;
  readonly allowed: boolean;
  /** All that came from it: each one is refused, dropped for want of a chunk, or in a chunk. */
  datagrams: number;
  bytes: number;
  refused: number;
  queueDrops: number;
  /** `datagrams` when an eviction last came by; 1 at first, so that whoever sends once has not sent again. */
  datagramsThen: number;
}

/** `text` may be IPv4, IPv6, IPv4-mapped and with a scope (fe80::1%eth0), as a socket gives it. */
const makeSource = (text: string, allow: AllowList): Source => {
  const scope = text.indexOf('%');
  const address = ipaddr.process(scope < 0 ? text : text.slice(0, scope));
  const mapped = address instanceof ipaddr.IPv4 ? address.toIPv4MappedAddress() : address;
  const octets = Uint8Array.from(mapped.toByteArray());
  return {
    address: address instanceof ipaddr.IPv4 ? address.toString() : address.toRFC5952String(),
    octets,
    octetWords: new Uint32Array(octets.buffer),
    family: address instanceof ipaddr.IPv4 ? addressFamilies.ipv4 : addressFamilies.ipv6,
    allowed: allow(address),
    datagrams: 0,
    bytes: 0,
    refused: 0,
    queueDrops: 0,
    datagramsThen: 1,
  };
};

export class SourceTable {
  /** What sources that are no longer kept had counted, so that the sums stay whole. */
  readonly evicted = { sources: 0, datagrams: 0, bytes: 0, refused: 0, queueDrops: 0 };

  readonly #allow: AllowList;
  readonly #maxSources: number;
  /** In order of arrival; an entry that was passed over moves to the end. */
  readonly #sources = new Map<string, Source>();

  constructor(allow: AllowList, maxSources: number = defaultMaxSources) {
    this.#allow = allow;
    this.#maxSources = maxSources;
  }

  get size(): number {
    return this.#sources.size;
  }

  /** The entry of an address as the socket gives it, made when it is new. The entry may be evicted by a later call. */
  source(address: string): Source {
    return this.#sources.get(address) ?? this.#add(address);
  }

  values(): IterableIterator<Source> {
    return this.#sources.values();
  }

  #add(address: string): Source {
    if (this.#sources.size >= this.#maxSources) this.#evict();
    const source = makeSource(address, this.#allow);
    this.#sources.set(address, source);
    return source;
  }

  /**
   * Second chance: an entry that sent again since the last pass stays, so that a flood of forged addresses, each of which
   * sends once, pushes out itself and not the exporters.
   */
  #evict(): void {
    let chances = maxSecondChances;
    for (const [address, source] of this.#sources) {
      this.#sources.delete(address);
      if (chances-- > 0 && source.datagrams > source.datagramsThen) {
        source.datagramsThen = source.datagrams;
        this.#sources.set(address, source);
        continue;
      }
      this.evicted.sources++;
      this.evicted.datagrams += source.datagrams;
      this.evicted.bytes += source.bytes;
      this.evicted.refused += source.refused;
      this.evicted.queueDrops += source.queueDrops;
      return;
    }
  }
}
