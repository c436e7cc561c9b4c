/**
 * Rows as the decoder makes them of a router's NetFlow v9 (the datagrams of flow-generator.ts), for measuring the store alone: many
 * millions beside each other in memory, cut into batches without copying.
 */

import { ColumnBatch } from '../../collector/store/column-batch.ts';
import type { FlowColumn } from '../../collector/store/flow-columns.ts';
import {
  FlowGenerator,
  firstRecordAt,
  freshUptimeMs,
  recordBytes,
  recordsPerDatagram,
} from './flow-generator.ts';

const exporters = 10;
/** Beyond so many the same records come again, at other times. */
const maxDatagrams = 500_000;

export interface RowsOptions {
  readonly columns: readonly FlowColumn[];
  readonly rows: number;
  readonly batchRows: number;
  /** Of arrival. Flow times are jittered behind it by up to 30 s. */
  readonly flowsPerSecond: number;
  /** Receipt of the first row, microseconds since 1970. */
  readonly startMicros: number;
  readonly seed?: number;
}

/** Little-endian halves of whole microseconds. */
const writeMicros = (u32: Uint32Array, row: number, micros: number): void => {
  u32[2 * row] = micros % 4294967296;
  u32[2 * row + 1] = micros / 4294967296;
};

class RowFiller {
  readonly #batch: ColumnBatch;
  readonly #byName: ReadonlyMap<string, number>;

  constructor(batch: ColumnBatch) {
    this.#batch = batch;
    this.#byName = new Map(batch.columns.map(({ name }, position) => [name, position]));
  }

  #column(name: string) {
    const column = this.#batch.fixed[this.#byName.get(name) ?? -1];
    if (!column) throw new Error(`no column ${name}`);
    column.open(0, this.#batch.capacity);
    return column;
  }

  readonly u8 = (name: string): Uint8Array => this.#column(name).u8;
  readonly u16 = (name: string): Uint16Array => this.#column(name).u16;
  readonly u32 = (name: string): Uint32Array => this.#column(name).u32;
}

const simple32 = [
  ['in_if', 12],
  ['out_if', 16],
  ['src_as', 52],
  ['dst_as', 56],
] as const;
const simple16 = [
  ['src_port', 44],
  ['dst_port', 46],
  ['tcp_flags', 48],
] as const;
const simple8 = [
  ['proto', 50],
  ['tos', 51],
  ['src_mask', 60],
  ['dst_mask', 61],
] as const;
const addresses = [
  ['src_addr', 0],
  ['dst_addr', 4],
  ['next_hop', 8],
] as const;
const counters = [
  ['packets', 20],
  ['bytes', 28],
] as const;

/** Writes the rows of a batch out of datagrams; `next` gives the datagram of a row. */
const fillBatch = (
  batch: ColumnBatch,
  firstRow: number,
  pool: readonly DataView[],
  options: RowsOptions,
): void => {
  const filler = new RowFiller(batch);
  const rows = batch.capacity;
  const at = new Uint32Array(rows);
  const views: DataView[] = [];
  const received = filler.u32('received');
  const start = filler.u32('flow_start');
  const end = filler.u32('flow_end');
  const time = filler.u32('time');
  const exporter = filler.u8('exporter');
  const domain = filler.u32('domain');
  filler.u8('version').fill(9, 0, rows);
  filler.u8('time_source').fill(5, 0, rows);
  filler.u32('sampling_rate').fill(1, 0, rows);
  for (let row = 0; row < rows; row++) {
    const datagram = Math.floor((firstRow + row) / recordsPerDatagram);
    const view = pool[datagram % pool.length] as DataView;
    views.push(view);
    at[row] = firstRecordAt + ((firstRow + row) % recordsPerDatagram) * recordBytes;
    const receivedMicros =
      options.startMicros + Math.floor((datagram * recordsPerDatagram * 1e6) / options.flowsPerSecond);
    writeMicros(received, row, receivedMicros);
    // The exporter's clock counts milliseconds; its start is any moment.
    const bootMicros = Math.floor(receivedMicros / 1000) * 1000 - freshUptimeMs * 1000;
    const endMicros = bootMicros + view.getUint32((at[row] as number) + 40) * 1000;
    writeMicros(start, row, bootMicros + view.getUint32((at[row] as number) + 36) * 1000);
    writeMicros(end, row, endMicros);
    time[row] = endMicros / 1e6;
    const number = datagram % exporters;
    exporter.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 255, 0, number + 1], 16 * row);
    domain[row] = number % 2;
  }
  for (const [name, offset] of addresses) {
    const target = filler.u8(name);
    for (let row = 0; row < rows; row++) {
      target[16 * row + 10] = target[16 * row + 11] = 255;
      const view = views[row] as DataView;
      for (let i = 0; i < 4; i++) target[16 * row + 12 + i] = view.getUint8((at[row] as number) + offset + i);
    }
  }
  for (const [name, offset] of counters) {
    const target = filler.u32(name);
    for (let row = 0; row < rows; row++)
      target[2 * row] = views[row]?.getUint32((at[row] as number) + offset + 4) ?? 0;
  }
  for (const [name, offset] of simple32) {
    const target = filler.u32(name);
    for (let row = 0; row < rows; row++)
      target[row] = views[row]?.getUint32((at[row] as number) + offset) ?? 0;
  }
  for (const [name, offset] of simple16) {
    const target = filler.u16(name);
    for (let row = 0; row < rows; row++)
      target[row] = views[row]?.getUint16((at[row] as number) + offset) ?? 0;
  }
  for (const [name, offset] of simple8) {
    const target = filler.u8(name);
    for (let row = 0; row < rows; row++)
      target[row] = views[row]?.getUint8((at[row] as number) + offset) ?? 0;
  }
  batch.rows = rows;
};

/** The rows as batches of `batchRows`, to be inserted in this order. */
export const makeFlowRows = (options: RowsOptions): readonly ColumnBatch[] => {
  const generator = new FlowGenerator(options.seed ?? 7);
  const datagrams = Math.min(maxDatagrams, Math.ceil(options.rows / recordsPerDatagram));
  const pool = Array.from(
    { length: datagrams },
    () => new DataView(generator.dataDatagram().buffer as ArrayBuffer),
  );
  const batches: ColumnBatch[] = [];
  for (let row = 0; row + options.batchRows <= options.rows; row += options.batchRows) {
    const batch = new ColumnBatch(options.columns, options.batchRows);
    fillBatch(batch, row, pool, options);
    batches.push(batch);
  }
  return batches;
};
