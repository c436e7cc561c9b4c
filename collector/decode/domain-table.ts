/**
 * All Observation Domains, found by exporter address and domain id without building a key per datagram. Bounded: when it is
 * full, an eighth goes, first those that never delivered a flow, then those heard longest ago, so that a flood from invented
 * addresses does not push out exporters that work.
 */

import { randomInt } from 'node:crypto';
import type { DecoderState, DomainState } from './decoder-state.ts';
import { addCounters, DomainCounters } from './domain-counters.ts';
import { newDomainTally } from './domain-tally.ts';
import type { DecoderLimits } from './limits.ts';
import { ObservationDomain } from './observation-domain.ts';

export interface DomainListener {
  made(domain: ObservationDomain): void;
  evicted(domain: ObservationDomain): void;
}

export class DomainTable {
  evicted = 0;
  /** What the domains that were evicted had counted, so that the sums stay whole. */
  readonly departed = new DomainCounters();
  readonly #tally = newDomainTally();
  readonly #limits: DecoderLimits;
  readonly #listener: DomainListener;
  readonly #secret = randomInt(2 ** 32);
  readonly #buckets = new Map<number, ObservationDomain[]>();
  /** In the order in which they were first heard, which no secret has a part in. */
  readonly #domains = new Set<ObservationDomain>();

  constructor(limits: DecoderLimits, listener: DomainListener) {
    this.#limits = limits;
    this.#listener = listener;
  }

  get size(): number {
    return this.#domains.size;
  }

  /** What is known of domains that are gone; each of the others saves itself. */
  save(): Pick<DecoderState, 'evicted' | 'departed'> {
    return { evicted: this.evicted, departed: this.departed.save() };
  }

  restoreDeparted({ evicted, departed }: Pick<DecoderState, 'evicted' | 'departed'>): void {
    this.evicted = evicted;
    this.departed.restore(departed);
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
    const known = this.#find(address, at, domain);
    if (known) return known;
    if (this.size >= this.#limits.domains) this.#evict();
    return this.#add(new Uint8Array(address.subarray(at, at + 16)), domain);
  }

  /** Adds an entry that is not there yet, behind the others. */
  restore(state: DomainState): ObservationDomain {
    const made = this.#add(new Uint8Array(Buffer.from(state.exporter, 'hex')), state.domain);
    made.restore(state);
    return made;
  }

  [Symbol.iterator](): IterableIterator<ObservationDomain> {
    return this.#domains.values();
  }

  /** Keeps what sessions, Templates and elements take together within bounds; `atHand` stays: its datagram is being read. */
  bound(atHand: ObservationDomain): void {
    const { templateFields, sessions, announcedElements } = this.#tally;
    if (
      templateFields > this.#limits.templateFields ||
      sessions > this.#limits.sessions ||
      announcedElements > this.#limits.announcedElements
    )
      this.#evict(atHand);
  }

  #find(address: Uint8Array, at: number, domain: number): ObservationDomain | undefined {
    const bucket = this.#buckets.get(hashOf(this.#secret, address, at, domain));
    if (bucket) {
      for (const entry of bucket)
        if (entry.domain === domain && sameAddress(entry.exporter, address, at)) return entry;
    }
    return undefined;
  }

  #add(exporter: Uint8Array, domain: number): ObservationDomain {
    const made = new ObservationDomain(exporter, domain, this.#limits, this.#tally, () =>
      this.#find(exporter, 0, 0),
    );
    const hash = hashOf(this.#secret, exporter, 0, domain);
    const bucket = this.#buckets.get(hash);
    if (bucket) bucket.push(made);
    else this.#buckets.set(hash, [made]);
    this.#domains.add(made);
    this.#listener.made(made);
    return made;
  }

  /** Those who are worth the same go in the order of the table. */
  #evict(atHand?: ObservationDomain): void {
    const works = (d: ObservationDomain): number => (d.counters.flowRecords > 0 ? 1 : 0);
    const all = [...this]
      .filter((d) => d !== atHand)
      .sort((a, b) => works(a) - works(b) || a.lastHeardMicros - b.lastHeardMicros);
    const leaving = new Set(all.slice(0, Math.ceil(all.length / 8)));
    for (const domain of leaving) {
      this.#listener.evicted(domain);
      addCounters(this.departed, domain.counters);
      this.#tally.templateFields -= domain.templateFields;
      this.#tally.sessions -= domain.sessions.size;
      this.#tally.announcedElements -= domain.elements.size;
      if (domain.elements.size > 0) this.#tally.elementsForgottenAt = ++this.#tally.elementChanges;
      this.#domains.delete(domain);
    }
    this.evicted += leaving.size;
    for (const [hash, bucket] of this.#buckets) {
      const rest = bucket.filter((d) => !leaving.has(d));
      if (rest.length > 0) this.#buckets.set(hash, rest);
      else this.#buckets.delete(hash);
    }
  }
}

const word = (octets: Uint8Array, at: number): number =>
  ((octets[at] ?? 0) << 24) |
  ((octets[at + 1] ?? 0) << 16) |
  ((octets[at + 2] ?? 0) << 8) |
  (octets[at + 3] ?? 0);

const mix = (hash: number, more: number): number => {
  const mixed = Math.imul(hash ^ more, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
};

/** With a secret of this process: whoever forges addresses and domains cannot choose those that meet in one bucket. */
const hashOf = (secret: number, address: Uint8Array, at: number, domain: number): number => {
  let hash = mix(secret, domain);
  for (let i = at; i < at + 16; i += 4) hash = mix(hash, word(address, i));
  return hash;
};

const sameAddress = (mine: Uint8Array, address: Uint8Array, at: number): boolean => {
  for (let i = 0; i < 16; i++) if (mine[i] !== address[at + i]) return false;
  return true;
};
