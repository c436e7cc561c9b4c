/**
 * The sampling rate of a row and who said it. In order: the operator (`--exporters`), the record itself, what options data
 * said of the record's sampler or of the domain, the v5 header; else 1. No flow is refused because a rate is missing.
 */

import { readUint } from '../../shared/wire/read-uint.ts';
import { type ColumnBatch, openColumn } from '../store/column-batch.ts';
import { samplingSources } from '../store/flow-columns.ts';
import type { RecordField } from './kind-plan.ts';
import type { DataRecords, Message } from './record-sink.ts';
import type { SamplingState } from './sampling-state.ts';

export interface SamplingPlan {
  readonly rateColumn: number;
  readonly sourceColumn: number;
  /** Elements that hold the rate: samplingInterval (34), samplerRandomInterval (50), samplingPacketInterval (305). */
  readonly rate: RecordField | undefined;
  /** samplingPacketSpace (306): beside 305, one interval is looked at and the space is not. */
  readonly space: RecordField | undefined;
  /** samplerId (48) or selectorId (302). */
  readonly samplerId: RecordField | undefined;
}

/** v5 header: mode in the upper two bits, interval below; routers set the mode without meaning it. */
const v5IntervalMask = 0x3fff;

const readField = (records: DataRecords, field: RecordField, record: number): number => {
  const { view, at, template } = records;
  let position = at + record * template.minBytes + field.offset;
  if (template.hasVariable) {
    const { offsets, fieldCount } = records.scan();
    position = offsets[record * fieldCount + field.field] ?? 0;
  }
  const used = Math.min(8, field.lengthBytes);
  return readUint(view, position + field.lengthBytes - used, used);
};

/** Packets per packet looked at, when `interval` are taken and then `space` left out. */
export const rateOfInterval = (interval: number, space: number): number =>
  interval === 0 ? 0 : Math.max(1, Math.round((interval + space) / interval));

/** More than the column holds: no rate. */
const maxRate = 0xffffffff;

const rateInRecord = (plan: SamplingPlan, records: DataRecords, record: number): number => {
  if (!plan.rate) return 0;
  const said = readField(records, plan.rate, record);
  const rate = plan.space ? rateOfInterval(said, readField(records, plan.space, record)) : said;
  return rate > maxRate ? 0 : rate;
};

const announcedRate = (plan: SamplingPlan, records: DataRecords, record: number, state: SamplingState) =>
  plan.samplerId ? state.find(readField(records, plan.samplerId, record)) || state.rate : state.common;

const sourceOf = (said: number, announced: number): number => {
  if (said) return samplingSources.record;
  return announced ? samplingSources.options : samplingSources.default;
};

/** What holds for all records of a Message: the rate, and who said it; undefined when it differs from record to record. */
export const rateOfMessage = (
  plan: SamplingPlan,
  message: Message,
  configured: number,
): { readonly rate: number; readonly source: number } | undefined => {
  if (configured > 0) return { rate: configured, source: samplingSources.config };
  if (plan.rate || plan.samplerId) return undefined;
  const { common } = message.state.sampling;
  if (common > 0) return { rate: common, source: samplingSources.options };
  const header = message.v5Sampling & v5IntervalMask;
  return header > 0
    ? { rate: header, source: samplingSources.header }
    : { rate: 1, source: samplingSources.default };
};

/** Writes sampling_rate and sampling_source record by record, for Templates that have fields for it. */
export const writeSampling = (
  plan: SamplingPlan,
  batch: ColumnBatch,
  row: number,
  records: DataRecords,
  message: Message,
): void => {
  const { sampling } = message.state;
  const { count } = records;
  const rates = openColumn(batch, plan.rateColumn, row, count).u32;
  const sources = openColumn(batch, plan.sourceColumn, row, count).u8;
  for (let i = 0; i < count; i++) {
    const said = rateInRecord(plan, records, i);
    const announced = announcedRate(plan, records, i, sampling);
    rates[row + i] = said || announced || 1;
    sources[row + i] = sourceOf(said, announced);
  }
};

/** Remembers what the last of these records gets, whether rows are made of them or not. */
export const keepLastRate = (plan: SamplingPlan, records: DataRecords, sampling: SamplingState): void => {
  const last = records.count - 1;
  const said = rateInRecord(plan, records, last);
  const announced = announcedRate(plan, records, last, sampling);
  sampling.lastRate = said || announced || 1;
  sampling.lastSource = sourceOf(said, announced);
};
