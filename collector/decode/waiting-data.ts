/** Data Sets that came before their Template: kept within bounds of octets and time, decoded when it comes. */

import type { WaitingSaved } from './decoder-state.ts';
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
    this.#append(domain, templateId, set);
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

  /** What waits in a domain, in its order. */
  save(domain: ObservationDomain): readonly WaitingSaved[] {
    return [...domain.waiting].flatMap(([templateId, sets]) =>
      sets.map(({ message, bytes }) => ({
        templateId,
        version: message.version as 9 | 10,
        exporterPort: message.exporterPort,
        sequence: message.sequence,
        exportSeconds: message.exportSeconds,
        sysUptimeMs: message.sysUptimeMs,
        receivedMicros: message.receivedMicros,
        datagram: message.datagram,
        octets: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64'),
      })),
    );
  }

  /** Lets wait again what waited; the counters of the domain know it already. */
  restore(domain: ObservationDomain, saved: readonly WaitingSaved[]): void {
    for (const { templateId, octets, ...header } of saved) {
      const message: Message = {
        ...header,
        readableMicros: header.receivedMicros,
        exporter: domain.exporter,
        domain: domain.domain,
        state: domain,
        exportNanos: 0,
        v5Sampling: 0,
      };
      const set: WaitingSet = { message, bytes: new Uint8Array(Buffer.from(octets, 'base64')) };
      this.#append(domain, templateId, set);
      this.#occupy(domain, set, 1);
    }
  }

  #append(domain: ObservationDomain, templateId: number, set: WaitingSet): void {
    const others = domain.waiting.get(templateId);
    if (others) others.push(set);
    else domain.waiting.set(templateId, [set]);
  }

  #account(domain: ObservationDomain, set: WaitingSet, sets: 1 | -1): void {
    domain.counters.dataSetsWaiting += sets;
    this.#occupy(domain, set, sets);
  }

  #occupy(domain: ObservationDomain, set: WaitingSet, sets: 1 | -1): void {
    const size = sets * (set.bytes.length + waitingSetBytes);
    domain.waitingBytes += size;
    this.bytes += size;
  }
}
