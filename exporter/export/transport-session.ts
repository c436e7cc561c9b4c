/** Records in, Messages out, for one destination: which Templates it knows, and what is sent to it again and again. */

import { setIds } from '../../shared/protocol/sets.ts';
import type { Template } from '../../shared/protocol/template.ts';
import { templateRecordBytes, writeTemplateRecord } from '../../shared/protocol/template-records.ts';
import type { FlowRecord } from '../meter/flow-record.ts';
import { compileEncoder, type FieldWriter } from './compile-encoder.ts';
import { encodeOption } from './encode-option.ts';
import type { ExportingCounters, ExportSettings, MeteringCounters } from './export-settings.ts';
import {
  type ExporterOption,
  exporterOptions,
  flowKeysOption,
  interfacesOption,
  typeInformationOf,
} from './exporter-options.ts';
import { type FlowField, makeFlowFields } from './flow-templates.ts';
import { MessageWriter } from './message-writer.ts';
import { shapeBits, shapeOf } from './record-shape.ts';
import { RecordTexts } from './record-texts.ts';
import { makeReverser } from './reverse-record.ts';
import type { SendMessage, Session } from './session.ts';
import { TemplateIds } from './template-id.ts';
import { uptimeBit } from './uptime-bit.ts';

interface FlowTemplate {
  readonly template: Template;
  /** Undefined where records have no Flow Keys: an event is no flow. */
  readonly flowKeys: ExporterOption | undefined;
  /** Its first record has been seen: since then it is sent again with all others. */
  isDeclared: boolean;
}

/** How records of one shape are written; several shapes may have the same Template. */
interface RecordForm {
  readonly declaration: FlowTemplate;
  /** Writes the fields of fixed length, which have so many octets. */
  readonly encode: FieldWriter;
  readonly fixedBytes: number;
  /** What comes after them. */
  readonly texts: RecordTexts | undefined;
  readonly hasCounters: boolean;
  readonly isBiflow: boolean;
}

/** Payload of UDP over IPv6 in the smallest MTU that every link has (RFC 8200 5), until somebody knows better. */
const defaultPayloadBytes = 1232;
/** A capture may describe more; the first ones are named. All names together are sent again with the Templates. */
const maxNamedInterfaces = 512;
export class TransportSession implements Session {
  readonly #settings: ExportSettings;
  readonly #writer: MessageWriter;
  readonly #ids: TemplateIds;
  readonly #fieldsOf: (shape: number) => readonly FlowField[];
  readonly #reverse = makeReverser();
  readonly #descriptions: readonly ExporterOption[];
  readonly #statistics: readonly ExporterOption[];
  /** By shape; there are no more of them than `shapeOf` can tell apart. */
  readonly #forms = new Map<number, RecordForm>();
  /** By id, in the order in which they came up. */
  readonly #templates = new Map<number, FlowTemplate>();
  readonly #canUptime: boolean;
  #lastShape = -1;
  #lastForm: RecordForm | undefined;
  /** When all was sent again, and after how many Messages the Templates were. */
  #announcedMs = 0;
  #declaredMessages = 0;
  /** Interfaces whose names were sent, where they have one. */
  #namedInterfaces = 0;

  constructor(
    settings: ExportSettings,
    metering: Readonly<MeteringCounters>,
    exporting: Readonly<ExportingCounters>,
    send: SendMessage,
  ) {
    this.#settings = settings;
    this.#writer = new MessageWriter(settings, defaultPayloadBytes, send);
    this.#ids = new TemplateIds(settings.protocol === 'ipfix' ? 10 : 9);
    this.#fieldsOf = makeFlowFields(settings);
    this.#canUptime = settings.protocol === 'netflow9' && !settings.absoluteTimes;
    const { descriptions, statistics } = exporterOptions(settings, metering, exporting);
    this.#descriptions = descriptions;
    this.#statistics = statistics;
  }

  get payloadBytes(): number {
    return this.#writer.payloadBytes;
  }

  set payloadBytes(value: number) {
    this.#writer.payloadBytes = value;
  }

  start(nowMs: number): void {
    this.#writer.flush(nowMs);
    this.#writer.reset();
    this.#announce(nowMs);
    // Templates should be there before the first record, which may come a while later.
    this.#writer.flush(nowMs);
  }

  announce(nowMs: number): void {
    this.#writer.flush(nowMs);
    this.#announce(nowMs);
    this.#writer.flush(nowMs);
  }

  export(record: FlowRecord, nowMs: number): void {
    // Messages are counted here, too: a file fills many between two ticks, each begun with the record that the last had no room for.
    if (this.#isOverdue(nowMs) || this.#isTimeForTemplates()) this.#writer.flush(nowMs);
    if (this.#writer.isEmpty) this.#refresh(nowMs);
    if (this.#nameableInterfaces !== this.#namedInterfaces)
      this.#nameInterfaces(this.#namedInterfaces, nowMs);
    const shape = this.#canUptime
      ? shapeOf(record) | uptimeBit(record, this.#settings.bootMs, nowMs)
      : shapeOf(record);
    if (!this.#settings.uniflow) {
      this.#write(shape, record, nowMs);
      return;
    }
    this.#write(shape | shapeBits.forward, record, nowMs);
    const hasReply = (shape & shapeBits.counters) !== 0 && record.reversePackets + record.reverseOctets > 0;
    if (!hasReply) return;
    const reply = this.#reverse(record);
    this.#write(shapeOf(reply) | (shape & shapeBits.uptime) | shapeBits.reverse, reply, nowMs);
  }

  tick(nowMs: number): void {
    if (this.#isOverdue(nowMs)) this.#writer.flush(nowMs);
    if (this.#isTimeForAll(nowMs) || this.#isTimeForTemplates()) this.#writer.flush(nowMs);
    if (this.#writer.isEmpty) this.#refresh(nowMs);
  }

  stop(nowMs: number): void {
    for (const option of this.#statistics) this.#writeOption(option, nowMs);
    this.#writer.flush(nowMs);
  }

  /** A clock that was set back makes nothing wait longer. */
  #isOverdue(nowMs: number): boolean {
    if (this.#writer.isEmpty) return false;
    return Math.abs(nowMs - this.#writer.openedMs) >= this.#settings.maxDelayMs;
  }

  #isTimeForAll(nowMs: number): boolean {
    return Math.abs(nowMs - this.#announcedMs) >= this.#settings.templateRefreshMs;
  }

  #isTimeForTemplates(): boolean {
    return this.#writer.messages - this.#declaredMessages >= this.#settings.templateRefreshMessages;
  }

  /**
   * RFC 7011 8.4, RFC 3954 9: Templates are sent again over UDP, after a time and after a number of Messages. Statistics only have
   * their time: a number of Messages may be passed many times a second.
   */
  #refresh(nowMs: number): void {
    if (this.#isTimeForAll(nowMs)) this.#announce(nowMs);
    else if (this.#isTimeForTemplates()) this.#declareAll(nowMs);
  }

  #announce(nowMs: number): void {
    this.#announcedMs = nowMs;
    this.#declareAll(nowMs);
    for (const option of this.#statistics) this.#writeOption(option, nowMs);
  }

  /** Names and types of elements go first: data that waits at a collector is read as soon as its Template comes, and then they are known. */
  #declareAll(nowMs: number): void {
    for (const option of this.#descriptions) this.#writeOption(option, nowMs);
    for (const { template } of this.#templates.values()) this.#declare(template, nowMs);
    this.#nameInterfaces(0, nowMs);
    for (const { flowKeys } of this.#templates.values()) if (flowKeys) this.#writeOption(flowKeys, nowMs);
    this.#declaredMessages = this.#writer.messages;
  }

  get #nameableInterfaces(): number {
    return Math.min(this.#settings.interfaces.length, maxNamedInterfaces);
  }

  /** Those from this one on: a capture may describe them one by one, and then each is said once. */
  #nameInterfaces(from: number, nowMs: number): void {
    const { protocol, interfaces } = this.#settings;
    this.#namedInterfaces = this.#nameableInterfaces;
    const named = interfaces.slice(from, this.#namedInterfaces).filter(({ name }) => name !== '');
    if (named.length > 0) this.#writeOption(interfacesOption({ protocol, interfaces: named }), nowMs);
  }

  #declare(template: Template, nowMs: number): void {
    const sets = setIds[template.version as 9 | 10];
    const lengthBytes = templateRecordBytes(template);
    const setId = template.isOptions ? sets.optionsTemplate : sets.template;
    const at = this.#writer.place(setId, lengthBytes, nowMs);
    this.#writer.endRecord(writeTemplateRecord(this.#writer.view, at, template));
  }

  /** Its Options Template goes with it each time: it is rare, and may so be read alone. */
  #writeOption(option: ExporterOption, nowMs: number): void {
    const template = this.#ids.make(option.fields, { scopeCount: option.scopeCount });
    this.#declare(template, nowMs);
    for (const values of option.records()) {
      const record = encodeOption(option.fields, values);
      const at = this.#writer.place(template.id, record.length, nowMs);
      this.#writer.bytes.set(record, at);
      this.#writer.endRecord(at + record.length);
    }
  }

  #write(shape: number, record: FlowRecord, nowMs: number): void {
    const form = shape === this.#lastShape && this.#lastForm ? this.#lastForm : this.#findForm(shape);
    const { declaration, fixedBytes, texts } = form;
    if (!declaration.isDeclared) this.#declareNew(declaration, nowMs);
    const writer = this.#writer;
    const textBytes = texts ? texts.read(record, writer.roomBytes - fixedBytes) : 0;
    const at = writer.place(declaration.template.id, fixedBytes + textBytes, nowMs);
    form.encode(writer.view, at, record);
    if (texts) texts.write(writer.bytes, at + fixedBytes);
    writer.endRecord(at + fixedBytes + textBytes);
    writer.flowRecords++;
    if (!form.hasCounters) return;
    writer.packets += form.isBiflow ? record.packets + record.reversePackets : record.packets;
    writer.octets += form.isBiflow ? record.octets + record.reverseOctets : record.octets;
  }

  /** A collector may have come since all elements were told of: those that the Template has are told of again. */
  #declareNew(declaration: FlowTemplate, nowMs: number): void {
    const elements = typeInformationOf(this.#settings, declaration.template.fields);
    if (elements) this.#writeOption(elements, nowMs);
    this.#declare(declaration.template, nowMs);
    if (declaration.flowKeys) this.#writeOption(declaration.flowKeys, nowMs);
    declaration.isDeclared = true;
  }

  #findForm(shape: number): RecordForm {
    const form = this.#forms.get(shape) ?? this.#makeForm(shape);
    this.#lastShape = shape;
    this.#lastForm = form;
    return form;
  }

  #makeForm(shape: number): RecordForm {
    const fields = this.#fieldsOf(shape);
    const template = this.#ids.make(fields);
    const isFlow = (shape & (shapeBits.flow | shapeBits.aggregate)) !== 0;
    const declaration = this.#templates.get(template.id) ?? {
      template,
      flowKeys: isFlow ? flowKeysOption(this.#settings.protocol, template.id, fields) : undefined,
      isDeclared: false,
    };
    this.#templates.set(template.id, declaration);
    const fixed = fields.filter((field) => 'write' in field);
    const texts = fields.filter((field) => 'read' in field);
    const form: RecordForm = {
      declaration,
      encode: compileEncoder(fixed),
      fixedBytes: fixed.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0),
      texts: texts.length === 0 ? undefined : new RecordTexts(texts.map(({ read }) => read)),
      hasCounters: (shape & shapeBits.counters) !== 0,
      isBiflow: (shape & (shapeBits.forward | shapeBits.reverse)) === 0,
    };
    this.#forms.set(shape, form);
    return form;
  }
}
