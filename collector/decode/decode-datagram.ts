/**
 * One datagram in, its records out to the sink. Pure and synchronous: the time comes with the datagram. What a peer did wrong
 * is caught here, in one place, and counted; it costs its Set, and only a wrong Set length costs what follows.
 */

import { ipfixHeaderBytes, readIpfixHeader } from '../../shared/protocol/ipfix.ts';
import {
  netflow5HeaderBytes,
  netflow5RecordBytes,
  netflow5Template,
  readNetflow5Header,
} from '../../shared/protocol/netflow5.ts';
import { netflow9HeaderBytes, readNetflow9Header } from '../../shared/protocol/netflow9.ts';
import { firstDataSetId, forEachSet, setIds } from '../../shared/protocol/sets.ts';
import type { Template } from '../../shared/protocol/template.ts';
import { readTemplateSet } from '../../shared/protocol/template-records.ts';
import { FormatError, type FormatErrorCode } from '../../shared/wire/format-error.ts';
import type { Datagram } from './datagram.ts';
import { type DecoderState, readDecoderState } from './decoder-state.ts';
import { DomainTable } from './domain-table.ts';
import { type DecoderLimits, decoderLimits } from './limits.ts';
import type { ObservationDomain, TransportSession } from './observation-domain.ts';
import { RecordReader } from './record-reader.ts';
import type { Message, RecordSink } from './record-sink.ts';
import { makeTemplateEntry } from './template-entry.ts';
import { WaitingData } from './waiting-data.ts';

export class Decoder {
  readonly domains: DomainTable;
  readonly waiting: WaitingData;
  /** Datagrams too short or too strange to belong to any domain are booked to domain 0 of their exporter. */
  datagrams = 0;
  readonly #sink: RecordSink;
  readonly #limits: DecoderLimits;
  readonly #reader: RecordReader;
  readonly #v5 = makeTemplateEntry(netflow5Template, 0);
  /** State of the datagram at hand. */
  #domain!: ObservationDomain;
  #session!: TransportSession;
  #message!: Message;
  #records = 0;
  #countable = true;
  #faults = 0;
  #readable = 0;

  constructor(sink: RecordSink, limits: Partial<DecoderLimits> = {}) {
    this.#sink = sink;
    this.#reader = new RecordReader(sink);
    this.#limits = { ...decoderLimits, ...limits };
    this.waiting = new WaitingData(this.#limits);
    this.domains = new DomainTable(this.#limits, {
      made: (domain) => sink.domain?.(domain),
      evicted: (domain) => {
        this.waiting.drop(domain);
        sink.forgotten?.(domain);
      },
    });
  }

  /** Decodes one datagram; never throws for what a peer sent. */
  datagram(datagram: Datagram): void {
    const { view, at, end } = datagram;
    const version = end - at >= 2 ? view.getUint16(at) : 0;
    this.#faults = this.#readable = 0;
    this.#sink.datagram?.();
    if (version === 9) this.#netflow9(datagram);
    else if (version === 10) this.#ipfix(datagram);
    else if (version === 5) this.#netflow5(datagram);
    else this.#unreadable(datagram, end - at < 2 ? 'truncated-header' : 'unknown-version');
    this.datagrams++;
    this.#domain.counters.countDatagram(this.#faults, this.#readable);
  }

  /** Lets waiting Data Sets expire; to be called now and then with the time of the newest frame. */
  expire(nowMicros: number): void {
    for (const domain of this.domains) if (domain.waitingBytes > 0) this.waiting.expire(domain, nowMicros);
  }

  /** What it takes to go on from here, see `decoder-state.ts`. */
  save(): DecoderState {
    const { datagrams, domains, waiting } = this;
    return {
      datagrams,
      ...domains.save(),
      domains: Array.from(domains, (domain) => ({ ...domain.save(), waiting: waiting.save(domain) })),
      sink: this.#sink.save?.() ?? null,
    };
  }

  /**
   * Goes on from a state that was saved; for a decoder that has decoded nothing.
   * @throws Error where it is not of that form; then nothing has changed
   */
  restore(saved: unknown): void {
    const state = readDecoderState(saved);
    if (this.datagrams > 0) throw new Error('only a new decoder can be restored');
    this.datagrams = state.datagrams;
    if (state.sink) this.#sink.restore?.(state.sink);
    this.domains.restoreDeparted(state);
    for (const domain of state.domains) this.waiting.restore(this.domains.restore(domain), domain.waiting);
  }

  #netflow5(datagram: Datagram): void {
    const { view, at, end } = datagram;
    if (end - at < netflow5HeaderBytes) {
      this.#unreadable(datagram, 'truncated-header');
      return;
    }
    const header = readNetflow5Header(view, at);
    this.#open(datagram, 5, header, header.sysUptimeMs, header.exportNanos, header.sampling);
    const held = Math.floor((end - at - netflow5HeaderBytes) / netflow5RecordBytes);
    const count = Math.min(header.count, held);
    if (header.count !== held) this.#fault('record-count');
    // Padding behind the counted records is no fault of the records; a count that cannot be true is one.
    if (count > 0) {
      const first = at + netflow5HeaderBytes;
      this.#domain.counters.dataSets++;
      this.#reader.read(this.#v5, datagram, first, first + count * netflow5RecordBytes, this.#message);
      this.#readable++;
    }
    // What the exporter says it sent raises the number, even where the datagram was cut.
    const units = header.count <= 30 ? header.count : count;
    this.#session.sequence.observe(header.sequence, units, header.exportSeconds * 1000 - header.sysUptimeMs);
  }

  #netflow9(datagram: Datagram): void {
    const { view, at, end } = datagram;
    if (end - at < netflow9HeaderBytes) {
      this.#unreadable(datagram, 'truncated-header');
      return;
    }
    const header = readNetflow9Header(view, at);
    this.#open(datagram, 9, header, header.sysUptimeMs, 0, 0);
    this.#sets(datagram, at + netflow9HeaderBytes, end);
    this.#session.sequence.observe(header.sequence, 1, header.exportSeconds * 1000 - header.sysUptimeMs);
  }

  #ipfix(datagram: Datagram): void {
    const { view, at, end } = datagram;
    if (end - at < ipfixHeaderBytes) {
      this.#unreadable(datagram, 'truncated-header');
      return;
    }
    const header = readIpfixHeader(view, at);
    this.#open(datagram, 10, header, 0, 0, 0);
    if (header.lengthBytes !== end - at) this.#fault('message-length');
    this.#sets(datagram, at + ipfixHeaderBytes, Math.min(end, at + header.lengthBytes));
    this.#session.sequence.observe(header.sequence, this.#countable ? this.#records : undefined, undefined);
  }

  #open(
    datagram: Datagram,
    version: 5 | 9 | 10,
    header: { readonly domain: number; readonly sequence: number; readonly exportSeconds: number },
    sysUptimeMs: number,
    exportNanos: number,
    v5Sampling: number,
  ): void {
    const { receivedMicros, exporterPort } = datagram;
    const domain = this.domains.get(datagram.address, datagram.addressAt, header.domain);
    const session = domain.session(exporterPort, this.#limits);
    domain.version = version;
    domain.heard(receivedMicros);
    domain.clockOffsetMs = Math.round(
      receivedMicros / 1000 - header.exportSeconds * 1000 - exportNanos / 1e6,
    );
    session.lastHeardMicros = receivedMicros;
    this.domains.bound(domain);
    this.#domain = domain;
    this.#session = session;
    this.#records = 0;
    this.#countable = true;
    this.#message = {
      version,
      domain: header.domain,
      state: domain,
      exporter: domain.exporter,
      exporterPort,
      sequence: header.sequence,
      exportSeconds: header.exportSeconds,
      exportNanos,
      sysUptimeMs,
      v5Sampling,
      receivedMicros,
      readableMicros: receivedMicros,
      datagram: this.datagrams,
    };
  }

  #unreadable(datagram: Datagram, reason: FormatErrorCode): void {
    this.#domain = this.domains.get(datagram.address, datagram.addressAt, 0);
    this.#domain.heard(datagram.receivedMicros);
    this.#fault(reason);
  }

  #fault(reason: FormatErrorCode): void {
    this.#faults++;
    this.#domain.counters.count(reason);
  }

  #sets(datagram: Datagram, at: number, end: number): void {
    try {
      forEachSet(datagram.view, at, end, datagram.end, (id, from, to) => {
        try {
          this.#set(datagram, id, from, to);
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
          this.#fault(error.code);
        }
      });
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      // How many records the rest held is not known, so the gap behind it is not "missing".
      this.#countable = false;
      this.#fault(error.code);
    }
  }

  #set(datagram: Datagram, setId: number, at: number, end: number): void {
    if (setId >= firstDataSetId) {
      this.#dataSet(datagram, setId, at, end);
      return;
    }
    const version = this.#message.version === 9 ? 9 : 10;
    if (setId !== setIds[version].template && setId !== setIds[version].optionsTemplate) {
      throw new FormatError('reserved-set');
    }
    readTemplateSet(
      datagram.view,
      version,
      setId,
      at,
      end,
      (template) => this.#template(template),
      (id, error) => {
        this.#domain.removeTemplate(this.#session, id);
        this.#domain.counters.templatesRefused++;
        this.#fault(error.code);
      },
    );
  }

  #template(template: Template): void {
    const domain = this.#domain;
    this.#readable++;
    if (template.fields.length === 0) {
      // RFC 7011 8.4: over UDP a withdrawal must not be sent, and is ignored.
      domain.counters.templatesWithdrawn++;
      this.#sink.template?.(template, this.#message, 'withdrawn');
      return;
    }
    const outcome = domain.putTemplate(this.#session, template, this.#message.receivedMicros, this.#limits);
    domain.counters.templates++;
    if (outcome === 'full') {
      domain.counters.templatesRefused++;
      this.#fault('template-fields');
      return;
    }
    if (outcome !== 'same') {
      if (outcome === 'replaced') domain.counters.templatesReplaced++;
      this.domains.bound(domain);
      this.#sink.template?.(template, this.#message, outcome);
    }
    if (domain.waitingBytes > 0) this.#decodeWaiting(template.id);
  }

  #decodeWaiting(templateId: number): void {
    const entry = this.#domain.newest.get(templateId);
    this.waiting.expireSets(this.#domain, templateId, this.#message.receivedMicros);
    const sets = this.waiting.take(this.#domain, templateId);
    if (!entry) return;
    // A bad one is no fault of the datagram at hand, which brought the Template.
    this.#reader.readWaiting(entry, sets, this.#message.receivedMicros);
  }

  #dataSet(datagram: Datagram, setId: number, at: number, end: number): void {
    const domain = this.#domain;
    domain.counters.dataSets++;
    if (at === end) {
      // Whatever its Template, it holds no record, and need not wait for one.
      domain.counters.dataSetsMalformed++;
      throw new FormatError('set-without-record');
    }
    const entry = domain.findTemplate(this.#session, setId, datagram.receivedMicros, this.#limits);
    if (!entry) {
      this.#countable = false;
      this.#readable++;
      this.waiting.keep(domain, setId, this.#message, datagram.bytes, at, end);
      return;
    }
    try {
      this.#records += this.#reader.read(entry, datagram, at, end, this.#message);
    } catch (error) {
      // How many records the Set was meant to hold is not known.
      this.#countable = false;
      throw error;
    }
    this.#readable++;
  }
}
