/** Data Sets that came before their Template: kept within bounds of octets and time, decoded when it comes. */

import { type DecoderLimits, waitingSetBytes } from './limits.ts';
import type { ObservationDomain, WaitingSet } from './observation-domain.ts';
import type { Message } from './record-sink.ts';

export class WaitingData {
  /** Octets that wait, of all domains, with what it takes to keep them. */
  bytes = 0;
  readonly #limits: DecoderLimits;

  constructor(limits: DecoderLimits) {
    this.#limits = limits;
  }

  /** Copies the records in `[at, end)` (a Buffer's own `slice` would not). Where there is no room the Set is dropped, and counted as that. */
  keep(
    domain: ObservationDomain,
    templateId: number,
    message: Message,
    bytes: Uint8Array,
    at: number,
    end: number,
  ): void {
    const size = end - at + waitingSetBytes;
    const { waitingBytes, waitingBytesPerDomain } = this.#limits;
    if (this.bytes + size > waitingBytes || domain.waitingBytes + size > waitingBytesPerDomain) {
      domain.counters.dataSetsDropped++;
      return;
    }
    const set: WaitingSet = { message, bytes: new Uint8Array(bytes.subarray(at, end)) };
    const others = domain.waiting.get(templateId);
    if (others) others.push(set);
    else domain.waiting.set(templateId, [set]);
    domain.counters.dataSetsKept++;
    this.#account(domain, set, 1);
  }

  /** Takes out all Sets that waited for this Template, in order of arrival. */
  take(domain: ObservationDomain, templateId: number): readonly WaitingSet[] {
    const sets = domain.waiting.get(templateId);
    if (!sets) return [];
    domain.waiting.delete(templateId);
    for (const set of sets) this.#account(domain, set, -1);
    return sets;
  }

  /** Drops what has waited too long. */
  expire(domain: ObservationDomain, nowMicros: number): void {
    for (const id of domain.waiting.keys()) this.expireSets(domain, id, nowMicros);
  }

  /** The same for one Template; its Sets are in order of arrival. */
  expireSets(domain: ObservationDomain, templateId: number, nowMicros: number): void {
    const sets = domain.waiting.get(templateId);
    if (!sets) return;
    const young = sets.findIndex((s) => nowMicros - s.message.receivedMicros <= this.#limits.waitingMicros);
    const old = sets.splice(0, young < 0 ? sets.length : young);
    for (const set of old) this.#account(domain, set, -1);
    domain.counters.dataSetsExpired += old.length;
    if (sets.length === 0) domain.waiting.delete(templateId);
  }

  /** Gives up on everything of a domain that is going away. */
  drop(domain: ObservationDomain): void {
    for (const id of [...domain.waiting.keys()])
      domain.counters.dataSetsExpired += this.take(domain, id).length;
  }

  #account(domain: ObservationDomain, set: WaitingSet, sets: 1 | -1): void {
    const size = sets * (set.bytes.length + waitingSetBytes);
    domain.counters.dataSetsWaiting += sets;
    domain.waitingBytes += size;
    this.bytes += size;
  }
}
