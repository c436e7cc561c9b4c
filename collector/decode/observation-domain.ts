/**
 * What is known of one exporter address and Observation Domain: its Transport Sessions (by port) with their Templates,
 * its samplers, and its books.
 */

import type { Template } from '../../shared/protocol/template.ts';
import { DomainCounters } from './domain-counters.ts';
import type { DecoderLimits } from './limits.ts';
import type { Message } from './record-sink.ts';
import { SamplingState } from './sampling-state.ts';
import { SequenceTracker } from './sequence-tracker.ts';

/** A Template and what was compiled from it. `plan` belongs to the sink, which fills it when the first Data Set comes. */
export interface TemplateEntry {
  readonly template: Template;
  lastUsedMicros: number;
  plan: unknown;
}

export interface TransportSession {
  readonly port: number;
  readonly templates: Map<number, TemplateEntry>;
  readonly sequence: SequenceTracker;
  lastHeardMicros: number;
}

/** A Data Set that waits for its Template: a copy of its records, and the Message they came in. */
export interface WaitingSet {
  readonly message: Message;
  readonly bytes: Uint8Array;
}

export class ObservationDomain {
  /** 16 octets, IPv4 mapped. */
  readonly exporter: Uint8Array;
  /** The same octets as four u32, as they lie in memory. */
  readonly exporterWords: Uint32Array;
  readonly domain: number;
  readonly sessions = new Map<number, TransportSession>();
  /** The newest Template of each id from whatever port, for ports that have none of their own. */
  readonly newest = new Map<number, TemplateEntry>();
  readonly waiting = new Map<number, WaitingSet[]>();
  waitingBytes = 0;
  readonly sampling: SamplingState;
  readonly counters = new DomainCounters();
  /** Fields of all its Templates, which is what its memory is made of. */
  templateFields = 0;
  version: 5 | 9 | 10 = 9;
  firstHeardMicros = 0;
  lastHeardMicros = 0;
  /** Time of receipt minus export time of the last Message, milliseconds; v9 and IPFIX headers have whole seconds. */
  clockOffsetMs = 0;
  /** The operator's sampling rate for this exporter; 0 when there is none. */
  configuredRate = 0;
  /** systemInitTimeMilliseconds (160) as announced by options data, for sysUpTime elements in IPFIX; 0 = not said. */
  systemInitMs = 0;

  constructor(exporter: Uint8Array, domain: number, limits: DecoderLimits) {
    this.exporter = exporter;
    this.exporterWords = new Uint32Array(exporter.slice().buffer);
    this.domain = domain;
    this.sampling = new SamplingState(limits.samplersPerDomain);
  }

  session(port: number, limits: DecoderLimits): TransportSession {
    const known = this.sessions.get(port);
    if (known) return known;
    if (this.sessions.size >= limits.sessionsPerDomain) {
      evictHalf(this.sessions, (s) => s.lastHeardMicros);
    }
    const session = { port, templates: new Map(), sequence: new SequenceTracker(), lastHeardMicros: 0 };
    this.sessions.set(port, session);
    return session;
  }

  /** The Template for a Data Set: the session's own, else the newest of another port; never an expired one. */
  findTemplate(
    session: TransportSession,
    id: number,
    nowMicros: number,
    limits: DecoderLimits,
  ): TemplateEntry | undefined {
    const entry = session.templates.get(id) ?? this.newest.get(id);
    if (!entry) return undefined;
    if (nowMicros - entry.lastUsedMicros > limits.templateMicros) {
      session.templates.delete(id);
      if (this.newest.get(id) === entry) this.newest.delete(id);
      this.counters.templatesExpired++;
      return undefined;
    }
    entry.lastUsedMicros = nowMicros;
    return entry;
  }

  /** Takes a Template in; a refresh of the same layout keeps what was compiled. */
  putTemplate(
    session: TransportSession,
    template: Template,
    nowMicros: number,
    limits: DecoderLimits,
  ): 'new' | 'replaced' | 'same' | 'full' {
    const own = session.templates.get(template.id);
    if (own && sameLayout(own.template, template)) {
      own.lastUsedMicros = nowMicros;
      this.newest.set(template.id, own);
      return 'same';
    }
    if (!own && session.templates.size >= limits.templatesPerSession) {
      evictHalf(session.templates, (t) => t.lastUsedMicros);
    }
    if (this.newest.size >= limits.templatesPerSession) evictHalf(this.newest, (t) => t.lastUsedMicros);
    this.templateFields = this.#countFields() + template.fields.length;
    if (this.templateFields > limits.templateFieldsPerDomain) return 'full';
    const other = this.newest.get(template.id);
    // Ports of one exporter mostly share a layout: then they share what was compiled, too.
    const entry =
      other && sameLayout(other.template, template)
        ? other
        : { template, lastUsedMicros: nowMicros, plan: undefined };
    entry.lastUsedMicros = nowMicros;
    session.templates.set(template.id, entry);
    this.newest.set(template.id, entry);
    return own ? 'replaced' : 'new';
  }

  /** An invalid redefinition removes the Template: its Data Sets must not be read by the old layout. */
  removeTemplate(session: TransportSession, id: number): void {
    const own = session.templates.get(id);
    session.templates.delete(id);
    if (own === undefined || this.newest.get(id) === own) this.newest.delete(id);
  }

  templateCount(): number {
    let count = 0;
    for (const session of this.sessions.values()) count += session.templates.size;
    return count;
  }

  #countFields(): number {
    let sum = 0;
    for (const session of this.sessions.values()) {
      for (const entry of session.templates.values()) sum += entry.template.fields.length;
    }
    return sum;
  }
}

const sameLayout = (a: Template, b: Template): boolean =>
  a.version === b.version &&
  a.isOptions === b.isOptions &&
  a.scopeCount === b.scopeCount &&
  a.fields.length === b.fields.length &&
  a.fields.every((field, i) => {
    const other = b.fields[i];
    return (
      other !== undefined &&
      field.id === other.id &&
      field.pen === other.pen &&
      field.lengthBytes === other.lengthBytes
    );
  });

/** Removes the half of a table that was used longest ago: one sort pays for many newcomers. */
export const evictHalf = <V>(table: Map<number, V>, lastUsed: (value: V) => number): void => {
  const oldest = [...table]
    .sort((a, b) => lastUsed(a[1]) - lastUsed(b[1]))
    .slice(0, Math.ceil(table.size / 2));
  for (const [key] of oldest) table.delete(key);
};
