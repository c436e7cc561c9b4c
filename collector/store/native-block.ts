/**
 * A batch as one block of ClickHouse's `Native` format: the columns follow each other as they lie in memory, so the block is a
 * list of views of them. All numbers little-endian; lengths and counts in the block's own header are LEB128 varints.
 *
 *     block    number of columns   number of rows   columns ...
 *     column   name (length, octets)   type (length, octets)   the values of all rows
 *     values   numbers and addresses: one behind the other     String: length and octets each
 *              Array(UInt32): the ends of the lists (u64 each), then all items     Map: the ends, all keys, all values
 *              LowCardinality(String): version 1 (u64), kind of index (u64), number of keys (u64), the keys, number of rows (u64),
 *              an index a row
 */

import { sliceColumn } from './batch-slice.ts';
import { ByteColumn } from './byte-column.ts';
import type { ColumnBatch } from './column-batch.ts';
import type { FlowColumn } from './flow-columns.ts';

/** Types on the wire where they differ from the table's; ClickHouse converts. */
const wireTypes: Readonly<Record<string, string>> = {
  'Map(LowCardinality(String), String)': 'Map(String, String)',
  'LowCardinality(String)': 'String',
};

/** LowCardinality in Native: keys come with each block (bit 9 and 10), indexes are one octet wide (low byte 0). */
const lowCardinalityVersion = 1;
const lowCardinalityIndexKind = 0x600;

export interface NativeBlock {
  /** In the order of the block: what `INSERT INTO flows (...)` must name. */
  readonly columns: readonly FlowColumn[];
  /** Views of the batch and headers; valid until the batch is cleared. */
  readonly buffers: readonly Buffer[];
  readonly lengthBytes: number;
}

const head = (write: (head: ByteColumn) => void): Buffer => {
  const bytes = new ByteColumn();
  write(bytes);
  return bytes.bytes.subarray(0, bytes.length);
};

const columnHead = (name: string, type: string): Buffer =>
  head((bytes) => {
    bytes.writeString(name);
    bytes.writeString(type);
  });

const uint64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

/** Makes blocks of batches with the same columns; what does not change from block to block is made once. */
export class NativeBlockMaker {
  readonly #heads: readonly Buffer[];
  readonly #constants: ReadonlyMap<string, Buffer>;
  #zeros = Buffer.alloc(0);

  /** `constants`: columns of type LowCardinality(String) that have the same text in every row. */
  constructor(columns: readonly FlowColumn[], constants: Readonly<Record<string, string>> = {}) {
    this.#heads = columns.map(({ name, type }) =>
      columnHead(name, name in constants ? type : (wireTypes[type] ?? type)),
    );
    const dictionary = (text: string): Buffer => {
      const key = head((bytes) => bytes.writeString(text));
      return Buffer.concat([uint64(lowCardinalityVersion), uint64(lowCardinalityIndexKind), uint64(1), key]);
    };
    this.#constants = new Map(Object.entries(constants).map(([name, text]) => [name, dictionary(text)]));
  }

  /** The block of rows `[from, to)`, of all by default; columns that the batch never used are left out and get their defaults. */
  make(batch: ColumnBatch, from = 0, to = batch.rows): NativeBlock {
    batch.seal();
    const columns: FlowColumn[] = [];
    const buffers: Buffer[] = [];
    for (const [position, column] of batch.columns.entries()) {
      const constant = this.#constants.get(column.name);
      const values = constant
        ? [constant, uint64(to - from), this.#zeroIndexes(to - from)]
        : sliceColumn(batch, position, from, to);
      if (values === undefined) continue;
      columns.push(column);
      buffers.push(this.#heads[position] as Buffer, ...values);
    }
    const blockHead = head((bytes) => {
      bytes.writeVarint(columns.length);
      bytes.writeVarint(to - from);
    });
    buffers.unshift(blockHead);
    return { columns, buffers, lengthBytes: buffers.reduce((sum, buffer) => sum + buffer.length, 0) };
  }

  #zeroIndexes(rows: number): Buffer {
    if (this.#zeros.length < rows) this.#zeros = Buffer.alloc(rows);
    return this.#zeros.subarray(0, rows);
  }
}
