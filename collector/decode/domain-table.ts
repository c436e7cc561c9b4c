/**
 * All Observation Domains, found by exporter address and domain id without building a key per datagram. Bounded: when it is
 * full, an eighth goes, first those that never delivered a flow, then those heard longest ago, so that a flood from invented
 * addresses does not push out exporters that work.
 */

import { addCounters, DomainCounters } from './domain-counters.ts';
import type { DecoderLimits } from './limits.ts';
import { ObservationDomain } from './observation-domain.ts';

/** Fields of all Templates together: some 60 octets each once compiled. */
const maxTemplateFields = 500_000;

export interface DomainListener {
  made(domain: ObservationDomain): void;
  evicted(domain: ObservationDomain): void;
}

export class DomainTable {
  evicted = 0;
  size = 0;
  /** What the domains that were evicted had counted, so that the sums stay whole. */
  readonly departed = new DomainCounters();
  readonly #limits: DecoderLimits;
  readonly #listener: DomainListener;
  #buckets = new Map<number, ObservationDomain[]>();

  constructor(limits: DecoderLimits, listener: DomainListener) {
    this.#limits = limits;
    this.#listener = listener;
  }

  /** The books of all domains, also of those that are gone. */
  totals(): DomainCounters {
    const sum = new DomainCounters();
    addCounters(sum, this.departed);
    for (const domain of this) addCounters(sum, domain.counters);
    return sum;
  }

  /** Finds or makes the entry; `address` holds 16 octets at `at`, which are copied. */
  get(address: Uint8Array, at: number, domain: number): ObservationDomain {
    const hash = hashOf(address, at, domain);
    const bucket = this.#buckets.get(hash);
    if (bucket) {
      for (const entry of bucket)
        if (entry.domain === domain && sameAddress(entry.exporter, address, at)) return entry;
    }
    if (this.size >= this.#limits.domains) this.#evict();
    const made = new ObservationDomain(address.slice(at, at + 16), domain, this.#limits);
    const room = this.#buckets.get(hash);
    if (room) room.push(made);
    else this.#buckets.set(hash, [made]);
    this.size++;
    this.#listener.made(made);
    return made;
  }

  *[Symbol.iterator](): IterableIterator<ObservationDomain> {
    for (const bucket of this.#buckets.values()) yield* bucket;
  }

  /** Called when Templates were added: keeps what they take together within bounds. */
  boundTemplates(): void {
    let fields = 0;
    for (const domain of this) fields += domain.templateFields;
    if (fields > maxTemplateFields) this.#evict();
  }

  #evict(): void {
    const worth = (d: ObservationDomain): number =>
      (d.counters.flowRecords > 0 ? 1e16 : 0) + d.lastHeardMicros;
    const all = [...this].sort((a, b) => worth(a) - worth(b));
    const leaving = new Set(all.slice(0, Math.ceil(all.length / 8)));
    for (const domain of leaving) {
      this.#listener.evicted(domain);
      addCounters(this.departed, domain.counters);
    }
    this.evicted += leaving.size;
    this.size = all.length - leaving.size;
    const kept = new Map<number, ObservationDomain[]>();
    for (const [hash, bucket] of this.#buckets) {
      const rest = bucket.filter((d) => !leaving.has(d));
      if (rest.length > 0) kept.set(hash, rest);
    }
    this.#buckets = kept;
  }
}

const hashOf = (address: Uint8Array, at: number, domain: number): number => {
  let hash = domain | 0;
  for (let i = at; i < at + 16; i++) hash = Math.imul(hash ^ (address[i] ?? 0), 0x01000193);
  return hash;
};

const sameAddress = (mine: Uint8Array, address: Uint8Array, at: number): boolean => {
  for (let i = 0; i < 16; i++) if (mine[i] !== address[at + i]) return false;
  return true;
};
