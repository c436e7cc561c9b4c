/**
 * What is known of one exporter address and Observation Domain: its Transport Sessions (by port) with their Templates,
 * its samplers, and its books.
 */

import type { Template } from '../../shared/protocol/template.ts';
import { type AnnouncedElement, AnnouncedElements } from './announced-elements.ts';
import type { DomainState } from './decoder-state.ts';
import { DomainCounters } from './domain-counters.ts';
import { type DomainTally, newDomainTally } from './domain-tally.ts';
import { evictHalf } from './evict-half.ts';
import type { DecoderLimits } from './limits.ts';
import type { Message } from './record-sink.ts';
import { sameLayout } from './same-layout.ts';
import { SamplingState } from './sampling-state.ts';
import { addSequence, type SequenceSums } from './sequence-sums.ts';
import { SequenceTracker } from './sequence-tracker.ts';
import { makeTemplateEntry, type TemplateEntry } from './template-entry.ts';
import { restoreTemplate, TemplateList } from './template-state.ts';

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
  /** What the sequence numbers of sessions that are gone had told. */
  readonly departed: SequenceSums = { missing: 0, reordered: 0, duplicate: 0, unknown: 0, restarts: 0 };
  readonly elements: AnnouncedElements;
  readonly #tally: DomainTally;
  readonly #findWhole: () => ObservationDomain | undefined;
  #changedAt = 0;
  version: 5 | 9 | 10 = 9;
  firstHeardMicros = 0;
  lastHeardMicros = 0;
  /** Time of receipt minus export time of the last Message, milliseconds; v9 and IPFIX headers have whole seconds. */
  clockOffsetMs = 0;
  /** The operator's sampling rate for this exporter; 0 when there is none. */
  configuredRate = 0;
  /** The hour of receipt that `OptionsBudget` counts rows in, since 1970, and how many there were. */
  optionsHour = 0;
  optionsRows = 0;
  /** systemInitTimeMilliseconds (160) as announced by options data, for sysUpTime elements in IPFIX; 0 = not said. */
  systemInitMs = 0;

  /** @param findWhole domain 0 of the exporter, if it was heard */
  constructor(
    exporter: Uint8Array,
    domain: number,
    limits: DecoderLimits,
    tally: DomainTally = newDomainTally(),
    findWhole: () => ObservationDomain | undefined = () => undefined,
  ) {
    this.#tally = tally;
    this.#findWhole = findWhole;
    this.exporter = exporter;
    this.exporterWords = new Uint32Array(exporter.slice().buffer);
    this.domain = domain;
    this.sampling = new SamplingState(limits.samplersPerDomain);
    this.elements = new AnnouncedElements(limits.announcedPerDomain, limits.announcedChangesPerDomain);
  }

  heard(nowMicros: number): void {
    if (this.firstHeardMicros === 0) this.firstHeardMicros = nowMicros;
    this.lastHeardMicros = nowMicros;
  }

  session(port: number, limits: DecoderLimits): TransportSession {
    const known = this.sessions.get(port);
    if (known) return known;
    if (this.sessions.size >= limits.sessionsPerDomain) {
      for (const gone of evictHalf(this.sessions, (s) => s.lastHeardMicros)) this.#depart(gone);
    }
    return this.#makeSession(port);
  }

  /** While it stays the same, so does what `findAnnounced` says. What other exporters announce changes nothing here. */
  get elementChanges(): number {
    const whole = (this.domain === 0 ? undefined : this.#findWhole()) ?? this;
    return Math.max(this.#changedAt, whole.#changedAt, this.#tally.elementsForgottenAt);
  }

  /** Takes in what the exporter says of an element that is not ours to know. */
  announce(element: AnnouncedElement): void {
    const outcome = this.elements.announce(element, this.lastHeardMicros);
    if (outcome === 'refused') this.counters.elementsRefused++;
    if (outcome === 'new') this.#tally.announcedElements++;
    if (outcome === 'new' || outcome === 'changed') this.#changedAt = ++this.#tally.elementChanges;
  }

  /**
   * What was announced in this domain, else in domain 0, in which exporters speak of themselves as a whole (RFC 7011 3.1). For what
   * another domain said, nobody knows that it holds here.
   */
  readonly findAnnounced = (pen: number, id: number): AnnouncedElement | undefined => {
    const own = this.elements.find(pen, id);
    if (own || this.domain === 0) return own;
    const said = this.#findWhole()?.elements.find(pen, id);
    if (!said) return undefined;
    return this.elements.idOf(pen, said.name) === undefined ? said : { ...said, name: '' };
  };

  /** The Template for a Data Set: the session's own, else the newest of another port; never an expired one. */
  findTemplate(
    session: TransportSession,
    id: number,
    nowMicros: number,
    limits: DecoderLimits,
  ): TemplateEntry | undefined {
    for (const table of [session.templates, this.newest]) {
      const entry = table.get(id);
      if (!entry) continue;
      if (nowMicros - entry.lastUsedMicros <= limits.templateMicros) {
        entry.lastUsedMicros = nowMicros;
        return entry;
      }
      this.#remove(table, id);
      if (this.newest.get(id) === entry) this.#remove(this.newest, id);
      this.counters.templatesExpired++;
    }
    return undefined;
  }

  /** Takes a Template in; a refresh of the same layout keeps what was compiled. With 'full' the old one is gone, too. */
  putTemplate(
    session: TransportSession,
    template: Template,
    nowMicros: number,
    limits: DecoderLimits,
  ): 'new' | 'replaced' | 'same' | 'full' {
    const own = session.templates.get(template.id);
    if (own && sameLayout(own.template, template)) {
      own.lastUsedMicros = nowMicros;
      this.#put(this.newest, own, limits);
      return 'same';
    }
    const other = this.newest.get(template.id);
    // Ports of one exporter mostly share a layout: then they share what was compiled, too.
    const entry =
      other && sameLayout(other.template, template) ? other : makeTemplateEntry(template, nowMicros);
    this.removeTemplate(session, template.id);
    const added = entry.holders === 0 ? template.fields.length : 0;
    if (this.templateFields + added > limits.templateFieldsPerDomain) return 'full';
    entry.lastUsedMicros = nowMicros;
    this.#put(session.templates, entry, limits);
    this.#put(this.newest, entry, limits);
    return own ? 'replaced' : 'new';
  }

  /** An invalid redefinition removes the Template: its Data Sets must not be read by the old layout. */
  removeTemplate(session: TransportSession, id: number): void {
    const own = session.templates.get(id);
    this.#remove(session.templates, id);
    if (own === undefined || this.newest.get(id) === own) this.#remove(this.newest, id);
  }

  templateCount(): number {
    let count = 0;
    for (const session of this.sessions.values()) count += session.templates.size;
    return count;
  }

  /** What the sequence numbers of all its sessions tell, also of those that are gone. */
  sequenceSums(): SequenceSums {
    const sums = { ...this.departed };
    for (const { sequence } of this.sessions.values()) addSequence(sums, sequence);
    return sums;
  }

  /** All but what waits, which `WaitingData` saves. */
  save(): Omit<DomainState, 'waiting'> {
    const { version, firstHeardMicros, lastHeardMicros, clockOffsetMs, systemInitMs } = this;
    const list = new TemplateList();
    return {
      exporter: Buffer.from(this.exporter).toString('hex'),
      domain: this.domain,
      version,
      firstHeardMicros,
      lastHeardMicros,
      clockOffsetMs,
      systemInitMs,
      optionsHour: this.optionsHour,
      optionsRows: this.optionsRows,
      counters: this.counters.save(),
      departed: { ...this.departed },
      sampling: this.sampling.save(),
      elements: this.elements.save().map(({ pen, id, dataType, name }) => [pen, id, dataType ?? null, name]),
      elementChanges: this.elements.saveChanges(),
      newest: list.positionsOf(this.newest),
      sessions: Array.from(this.sessions.values(), (session) => ({
        port: session.port,
        lastHeardMicros: session.lastHeardMicros,
        templates: list.positionsOf(session.templates),
        sequence: session.sequence.save(),
      })),
      templates: list.templates,
    };
  }

  /** For a domain that is new. */
  restore(state: Omit<DomainState, 'waiting'>): void {
    this.version = state.version;
    this.firstHeardMicros = state.firstHeardMicros;
    this.lastHeardMicros = state.lastHeardMicros;
    this.clockOffsetMs = state.clockOffsetMs;
    this.systemInitMs = state.systemInitMs;
    this.optionsHour = state.optionsHour;
    this.optionsRows = state.optionsRows;
    this.counters.restore(state.counters);
    addSequence(this.departed, state.departed);
    this.sampling.restore(state.sampling);
    const elements = state.elements ?? [];
    this.elements.restore(
      elements.map(([pen, id, dataType, name]) => ({ pen, id, dataType: dataType ?? undefined, name })),
      state.elementChanges ?? [0, 0],
    );
    this.#tally.announcedElements += this.elements.size;
    const entries = state.templates.map(restoreTemplate);
    const hold = (table: Map<number, TemplateEntry>, positions: readonly number[]): void => {
      for (const position of positions) this.#set(table, entries[position] as TemplateEntry);
    };
    hold(this.newest, state.newest);
    for (const { port, lastHeardMicros, templates, sequence } of state.sessions) {
      const session = this.#makeSession(port);
      session.lastHeardMicros = lastHeardMicros;
      session.sequence.restore(sequence);
      hold(session.templates, templates);
    }
  }

  #makeSession(port: number): TransportSession {
    const session = { port, templates: new Map(), sequence: new SequenceTracker(), lastHeardMicros: 0 };
    this.sessions.set(port, session);
    this.#tally.sessions++;
    return session;
  }

  #put(table: Map<number, TemplateEntry>, entry: TemplateEntry, limits: DecoderLimits): void {
    const { id } = entry.template;
    if (table.get(id) === entry) return;
    this.#remove(table, id);
    if (table.size >= limits.templatesPerSession) {
      for (const gone of evictHalf(table, (t) => t.lastUsedMicros)) this.#release(gone);
    }
    this.#set(table, entry);
  }

  #set(table: Map<number, TemplateEntry>, entry: TemplateEntry): void {
    table.set(entry.template.id, entry);
    if (entry.holders++ === 0) this.#count(entry.template.fields.length);
  }

  #remove(table: Map<number, TemplateEntry>, id: number): void {
    const entry = table.get(id);
    if (!entry) return;
    table.delete(id);
    this.#release(entry);
  }

  #release(entry: TemplateEntry): void {
    if (--entry.holders === 0) this.#count(-entry.template.fields.length);
  }

  #count(fields: number): void {
    this.templateFields += fields;
    this.#tally.templateFields += fields;
  }

  #depart(session: TransportSession): void {
    addSequence(this.departed, session.sequence);
    for (const entry of session.templates.values()) this.#release(entry);
    this.#tally.sessions--;
  }
}
