/** The collector's sink: runs of Data Records become rows of the column batch. */

import type { KernelMemory } from '../kernel/kernel-memory.ts';
import { scanFields } from '../kernel/kernel-memory.ts';
import { type ColumnBatch, openColumn } from '../store/column-batch.ts';
import { type FlowColumn, samplingSources } from '../store/flow-columns.ts';
import { compilePlan, type Plan } from './compile-plan.ts';
import type { SinkState } from './decoder-state.ts';
import { ExtraKeys } from './extra-keys.ts';
import { writeExtra } from './extra-move.ts';
import { writeKinds } from './kind-plan.ts';
import { decoderLimits, rowsPerDatagram } from './limits.ts';
import type { ObservationDomain } from './observation-domain.ts';
import type { DataRecords, Message, RecordSink } from './record-sink.ts';
import { keepLastRate, rateOfMessage, writeSampling } from './sampling-plan.ts';
import type { TemplateEntry } from './template-entry.ts';
import { writeLabels, writeTexts } from './text-moves.ts';

/** Layouts remembered; past it all are forgotten, and compiled anew for Templates to come. */
const maxSharedPlans = 1024;

export interface ColumnSinkOptions {
  readonly memory: KernelMemory;
  readonly columns: readonly FlowColumn[];
  readonly keepExtra: boolean;
  /** See `DecoderLimits`. */
  readonly extraKeys?: number;
  readonly newDomain?: (domain: ObservationDomain) => void;
  readonly forgottenDomain?: (domain: ObservationDomain) => void;
  readonly options: (records: DataRecords, message: Message) => void;
}

export class ColumnSink implements RecordSink {
  /** What is filled; another one may be put here between datagrams. With room for `rowsPerDatagram` no record is dropped for want of it. */
  batch: ColumnBatch;
  /** No rows are made: everything else goes on as if they were, so that what is learnt does not depend on it. */
  discarding = false;
  /** Records of which no row was made for that. */
  recordsDiscarded = 0;
  /** Records for which there was no room. */
  recordsDropped = 0;
  /** Values whose key of `extra` was one too many. */
  extraKeysRefused = 0;
  readonly #options: ColumnSinkOptions;
  readonly #memory: KernelMemory;
  readonly #extra: number;
  #loaded: Plan | undefined;
  readonly #received: number;
  readonly #extraKeys: ExtraKeys;
  readonly #plans = new Map<string, Plan>();
  /** Rows that the datagram at hand has made, or would have. */
  #datagramRows = 0;
  /** The octets of the last call, and where they lie in the kernel's memory; -1: elsewhere. */
  #seen: Uint8Array | undefined;
  #seenAt = -1;

  constructor(batch: ColumnBatch, options: ColumnSinkOptions) {
    this.batch = batch;
    this.#options = options;
    this.#memory = options.memory;
    this.#extra = options.columns.findIndex((c) => c.name === 'extra');
    this.#received = options.columns.findIndex((c) => c.name === 'received');
    this.#extraKeys = new ExtraKeys(options.extraKeys ?? decoderLimits.extraKeys);
  }

  datagram(): void {
    this.#datagramRows = 0;
  }

  flowRecords(records: DataRecords, message: Message): void {
    const { entry, count, template } = records;
    if (entry.plan === undefined || entry.hasEnterprise) this.#replan(entry, message.state);
    const plan = entry.plan as Plan;
    this.extraKeysRefused += plan.extraRefused * count;
    const { sampling } = message.state;
    const rate = rateOfMessage(plan.sampling, message, message.state.configuredRate);
    if (rate) {
      sampling.lastRate = rate.rate;
      sampling.lastSource = rate.source;
    } else keepLastRate(plan.sampling, records, sampling);
    if (!this.#makeRoom(count)) return;
    const { batch } = this;
    const row = batch.rows;
    this.#load(plan);
    this.#loadMessage(message, rate?.rate ?? 1);
    if (template.hasVariable) this.#moveScanned(plan, records, row, batch);
    else this.#moveFixed(plan, records, row, batch);
    if (message.readableMicros !== message.receivedMicros) this.#writeReceived(row, count, message);
    writeKinds(plan.kinds, batch, row, records);
    if (!rate) writeSampling(plan.sampling, batch, row, records, message);
    else if (rate.source !== samplingSources.default) {
      openColumn(batch, plan.sampling.sourceColumn, row, count).u8.fill(rate.source, row, row + count);
    }
    if (plan.texts.length > 0) writeTexts(plan.texts, batch, row, records);
    if (plan.labels) writeLabels(plan.labels, batch, row, records);
    const uptimeUnknown = message.version === 10 && message.state.systemInitMs === 0;
    const extra = uptimeUnknown ? plan.extraWithUptime : plan.extra;
    const list = batch.lists[this.#extra];
    if (extra.length > 0 && list) writeExtra(list, row, extra, records);
    batch.rows = row + count;
  }

  optionsRecords(records: DataRecords, message: Message): void {
    this.#options.options(records, message);
  }

  forgotten(domain: ObservationDomain): void {
    this.#options.forgottenDomain?.(domain);
  }

  domain(domain: ObservationDomain): void {
    this.#options.newDomain?.(domain);
  }

  /** A plan holds as long as nothing else is announced of its elements. */
  #replan(entry: TemplateEntry, domain: ObservationDomain): void {
    const { elementChanges } = domain;
    if (entry.plan !== undefined && entry.plannedAt === elementChanges) return;
    entry.plan = this.#planOf(entry.template, domain);
    entry.plannedAt = elementChanges;
  }

  /** Exporters of one kind send the same layout: they share what was compiled, and the kernel keeps it loaded. What was announced is part of the layout. */
  #planOf(template: TemplateEntry['template'], { findAnnounced }: ObservationDomain): Plan {
    const { columns, keepExtra } = this.#options;
    const extraKeys = keepExtra ? this.#extraKeys : undefined;
    const fields = template.fields.map(({ pen, id, lengthBytes }) => {
      const said = pen === 0 ? undefined : findAnnounced(pen, id);
      return `${pen}/${id}/${lengthBytes}${said ? `=${said.dataType}/${said.name}` : ''}`;
    });
    const layout = `${template.version} ${template.scopeCount} ${fields.join(' ')}`;
    const plan = this.#plans.get(layout) ?? compilePlan(template, columns, extraKeys, findAnnounced);
    if (this.#plans.size >= maxSharedPlans) this.#plans.clear();
    this.#plans.set(layout, plan);
    return plan;
  }

  save(): SinkState {
    const { extraKeysRefused, recordsDropped } = this;
    return { extraKeys: this.#extraKeys.save(), extraKeysRefused, recordsDropped };
  }

  restore(state: SinkState): void {
    this.#extraKeys.restore(state.extraKeys);
    this.extraKeysRefused = state.extraKeysRefused;
    this.recordsDropped = state.recordsDropped;
  }

  /** Whether rows are to be made of so many records; books them where not. */
  #makeRoom(count: number): boolean {
    const { batch } = this;
    const isTooMuch = this.#datagramRows + count > rowsPerDatagram;
    if (isTooMuch || (!this.discarding && batch.rows + count > batch.capacity)) {
      this.recordsDropped += count;
      return false;
    }
    this.#datagramRows += count;
    if (this.discarding) this.recordsDiscarded += count;
    return !this.discarding;
  }

  /** Rows of Sets that waited count to the datagram that made them readable; their times are told by the one they came in. */
  #writeReceived(row: number, count: number, message: Message): void {
    const { u32 } = openColumn(this.batch, this.#received, row, count);
    const high = Math.floor(message.readableMicros / 4294967296);
    const low = message.readableMicros - high * 4294967296;
    for (let at = 2 * row; at < 2 * (row + count); at += 2) {
      u32[at] = low;
      u32[at + 1] = high;
    }
  }

  #load(plan: Plan): void {
    if (this.#loaded === plan) return;
    this.#memory.u32.set(plan.operations, this.#memory.plan >> 2);
    this.#loaded = plan;
  }

  /** The message entry, see `kernel-layout.ts`. */
  #loadMessage(message: Message, rate: number): void {
    const { u32, message: at } = this.#memory;
    const words = at >> 2;
    const write64 = (word: number, value: number): void => {
      const high = Math.floor(value / 4294967296);
      u32[words + word] = value - high * 4294967296;
      u32[words + word + 1] = high;
    };
    write64(0, message.receivedMicros);
    write64(2, message.exportSeconds * 1e6 + Math.floor(message.exportNanos / 1e3));
    u32[words + 4] = message.sysUptimeMs;
    u32[words + 5] = message.version;
    write64(6, message.state.systemInitMs);
    const { exporterWords } = message.state;
    u32[words + 8] = exporterWords[0] ?? 0;
    u32[words + 9] = exporterWords[1] ?? 0;
    u32[words + 10] = exporterWords[2] ?? 0;
    u32[words + 11] = exporterWords[3] ?? 0;
    u32[words + 12] = message.domain;
    u32[words + 13] = rate;
  }

  /** Where the kernel finds octets of `records`: the chunk lies in its memory, Sets that waited do not. */
  #source(records: DataRecords, from: number, to: number): number {
    const { u8, scratch } = this.#memory;
    if (records.bytes !== this.#seen) {
      this.#seen = records.bytes;
      this.#seenAt = records.bytes.buffer === u8.buffer ? records.bytes.byteOffset : -1;
    }
    if (this.#seenAt >= 0) return this.#seenAt + from;
    u8.set(records.bytes.subarray(from, to), scratch);
    return scratch;
  }

  #moveFixed(plan: Plan, records: DataRecords, row: number, batch: ColumnBatch): void {
    const { kernel, plan: planAt, message } = this.#memory;
    const { at, count, template } = records;
    const source = this.#source(records, at, at + count * template.minBytes);
    kernel.moveFixed(
      planAt,
      plan.operationCount,
      message,
      source,
      template.minBytes,
      count,
      row,
      batch.entriesAt,
    );
  }

  #moveScanned(plan: Plan, records: DataRecords, row: number, batch: ColumnBatch): void {
    const { kernel, u32, plan: planAt, message, offsets, lengths } = this.#memory;
    const scan = records.scan();
    const { count, fieldCount } = scan;
    const last = count * fieldCount - 1;
    const source = this.#source(records, records.at, (scan.offsets[last] ?? 0) + (scan.lengths[last] ?? 0));
    const step = Math.floor(scanFields / fieldCount);
    for (let done = 0; done < count; done += step) {
      const some = Math.min(step, count - done);
      for (let i = 0, from = done * fieldCount; i < some * fieldCount; i++, from++) {
        u32[(offsets >> 2) + i] = (scan.offsets[from] ?? 0) - records.at;
        u32[(lengths >> 2) + i] = scan.lengths[from] ?? 0;
      }
      kernel.moveScanned(
        planAt,
        plan.operationCount,
        message,
        source,
        offsets,
        lengths,
        fieldCount,
        some,
        row + done,
        batch.entriesAt,
      );
    }
  }
}
