/**
 * What a row means (`record_kind`): a whole flow, an interim part of one, or an event without counters; and that a total
 * counter feeds `bytes` only where the record covers the whole flow.
 */

import { type ColumnBatch, openColumn } from '../store/column-batch.ts';
import { recordKinds } from '../store/flow-columns.ts';
import type { DataRecords } from './record-sink.ts';

export interface RecordField {
  readonly field: number;
  readonly offset: number;
  readonly lengthBytes: number;
}

export interface KindPlan {
  readonly column: number;
  readonly hasCounters: boolean;
  readonly firewallEvent: RecordField | undefined;
  readonly endReason: RecordField | undefined;
  /** Columns that a total counter feeds for want of a delta: zero where the record is not a whole flow. */
  readonly fedByTotal: readonly number[];
}

/** firewallEvent (233): 1 created, 2 deleted, 3 denied, 4 alert, 5 update. Only 2 and 5 can have counters. */
const kindOfFirewallEvent = (event: number, hasCounters: boolean): number => {
  if (event === 5 && hasCounters) return recordKinds.interim;
  if ((event === 2 || event === 0) && hasCounters) return recordKinds.flow;
  return recordKinds.event;
};

/** flowEndReason (136) 2: active timeout, the flow goes on. */
const activeTimeout = 2;

const positionOf = (records: DataRecords, field: RecordField, record: number): number => {
  if (!records.template.hasVariable) return records.at + record * records.template.minBytes + field.offset;
  const { offsets, fieldCount } = records.scan();
  return offsets[record * fieldCount + field.field] ?? 0;
};

/** Writes record_kind from `row` on, after the counters have been moved. */
export const writeKinds = (plan: KindPlan, batch: ColumnBatch, row: number, records: DataRecords): void => {
  const { hasCounters, firewallEvent, endReason } = plan;
  if (!firewallEvent && !endReason) {
    if (hasCounters) return;
    openColumn(batch, plan.column, row, records.count).u8.fill(recordKinds.event, row, row + records.count);
    return;
  }
  const kinds = openColumn(batch, plan.column, row, records.count).u8;
  for (let i = 0; i < records.count; i++) {
    let kind: number = hasCounters ? recordKinds.flow : recordKinds.event;
    if (firewallEvent) {
      const last = positionOf(records, firewallEvent, i) + firewallEvent.lengthBytes - 1;
      kind = kindOfFirewallEvent(records.view.getUint8(last), hasCounters);
    }
    if (endReason && kind === recordKinds.flow) {
      const last = positionOf(records, endReason, i) + endReason.lengthBytes - 1;
      if (records.view.getUint8(last) === activeTimeout) kind = recordKinds.interim;
    }
    kinds[row + i] = kind;
    if (kind !== recordKinds.flow) for (const column of plan.fedByTotal) clearCounter(batch, column, row + i);
  }
};

const clearCounter = (batch: ColumnBatch, column: number, row: number): void => {
  const { u32 } = openColumn(batch, column, row, 1);
  u32[2 * row] = 0;
  u32[2 * row + 1] = 0;
};
