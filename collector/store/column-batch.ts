/**
 * Rows waiting to be inserted, lying in memory as ClickHouse's Native format wants them: one array per column,
 * little-endian. The decoder writes behind `rows`, then raises `rows`; the Native block reads `[0, rows)`.
 * Memory is kept for the batches to come.
 */

import { ByteColumn } from './byte-column.ts';
import type { FlowColumn } from './flow-columns.ts';

const widths = { u8: 1, u16: 2, u32: 4, u64: 8, ip: 16 } as const;

/** Where a column's memory lies: the move kernel's memory in the collector, memory of its own elsewhere. */
export type Allocate = (bytes: number) => { readonly buffer: ArrayBuffer; readonly at: number };

const allocateAlone: Allocate = (bytes) => ({ buffer: new ArrayBuffer(bytes), at: 0 });

/**
 * A column of fixed width. A u64 is two u32 (low, high); an address is 16 octets in network order. Memory is reused as it is:
 * rows that nobody wrote are zeroed when a later row is written, or when the batch is sealed.
 */
export class FixedColumn {
  readonly widthBytes: number;
  /** Three views of the same memory. */
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  /** Two u32 a column, which the move kernel reads and writes too: offset of the memory, rows filled. */
  readonly #entries: Uint32Array;
  readonly #filled: number;

  constructor(widthBytes: number, capacity: number, entries: Uint32Array, index: number, allocate: Allocate) {
    const bytes = widthBytes * capacity;
    const { buffer, at } = allocate(bytes);
    this.widthBytes = widthBytes;
    this.u8 = new Uint8Array(buffer, at, bytes);
    this.u16 = new Uint16Array(buffer, at, bytes >> 1);
    this.u32 = new Uint32Array(buffer, at, bytes >> 2);
    this.#entries = entries;
    this.#filled = 2 * index + 1;
    entries[2 * index] = at;
  }

  /** Rows before this one are written; 0: the column is not used in this batch, and left out of the block. */
  get filled(): number {
    return this.#entries[this.#filled] ?? 0;
  }

  get used(): boolean {
    return this.filled > 0;
  }

  /** To be called before `[row, row + count)` is written: rows skipped since the last call become 0. */
  open(row: number, count: number): void {
    const { filled } = this;
    if (filled < row) this.u8.fill(0, filled * this.widthBytes, row * this.widthBytes);
    if (row + count > filled) this.#entries[this.#filled] = row + count;
  }

  clear(): void {
    this.#entries[this.#filled] = 0;
  }
}

/** A column of texts, one a row; rows that were skipped are empty. */
export class TextColumn {
  readonly bytes = new ByteColumn();
  rows = 0;

  get used(): boolean {
    return this.rows > 0;
  }

  /** Fills up with empty texts to `row`, which the next append is for. */
  padTo(row: number): void {
    for (; this.rows < row; this.rows++) this.bytes.writeVarint(0);
  }

  append(row: number, source: Uint8Array, at: number, lengthBytes: number): void {
    this.padTo(row);
    this.bytes.writeText(source, at, lengthBytes);
    this.rows = row + 1;
  }

  clear(): void {
    this.bytes.length = 0;
    this.rows = 0;
  }
}

/** A column of lists: the end of each row's list, and the items. `Items` is one or two columns beside each other. */
export class ListColumn {
  readonly keys = new ByteColumn();
  readonly values = new ByteColumn();
  /** Cumulated number of items, two u32 a row, as Array and Map have it. */
  ends: Uint32Array = new Uint32Array(0);
  readonly capacity: number;
  rows = 0;
  items = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get used(): boolean {
    return this.items > 0;
  }

  /** Ends the lists of all rows before `row`; those that were skipped are empty. */
  padTo(row: number): void {
    if (this.ends.length === 0) this.ends = new Uint32Array(2 * this.capacity);
    for (; this.rows < row; this.rows++) this.ends[2 * this.rows] = this.items;
  }

  clear(): void {
    this.ends.fill(0, 0, 2 * this.rows);
    this.keys.length = 0;
    this.values.length = 0;
    this.rows = 0;
    this.items = 0;
  }
}

export class ColumnBatch {
  readonly columns: readonly FlowColumn[];
  readonly capacity: number;
  /** By position in `columns`; null where the storage is of another kind. */
  readonly fixed: readonly (FixedColumn | null)[];
  readonly texts: readonly (TextColumn | null)[];
  readonly lists: readonly (ListColumn | null)[];
  /** Offset of the table of column entries in the memory of the move kernel. */
  readonly entriesAt: number;
  rows = 0;

  constructor(columns: readonly FlowColumn[], capacity: number, allocate: Allocate = allocateAlone) {
    this.columns = columns;
    this.capacity = capacity;
    const table = allocate(8 * columns.length);
    this.entriesAt = table.at;
    const entries = new Uint32Array(table.buffer, table.at, 2 * columns.length);
    this.fixed = columns.map((c, i) =>
      c.storage in widths
        ? new FixedColumn(widths[c.storage as keyof typeof widths], capacity, entries, i, allocate)
        : null,
    );
    this.texts = columns.map((c) => (c.storage === 'text' ? new TextColumn() : null));
    this.lists = columns.map((c) =>
      c.storage === 'labels' || c.storage === 'extra' ? new ListColumn(capacity) : null,
    );
  }

  /** Octets of the variable part, which is bounded beside the number of rows. */
  get variableBytes(): number {
    let sum = 0;
    for (const text of this.texts) if (text) sum += text.bytes.length;
    for (const list of this.lists) if (list) sum += list.keys.length + list.values.length;
    return sum;
  }

  /** Completes every used column up to `rows`; to be called before the columns are read. */
  seal(): void {
    for (const column of this.fixed) if (column?.used) column.open(this.rows, 0);
    for (const text of this.texts) if (text?.used) text.padTo(this.rows);
    for (const list of this.lists) if (list?.used) list.padTo(this.rows);
  }

  /** Empties the batch for its next use; memory is kept. */
  clear(): void {
    for (const column of this.fixed) column?.clear();
    for (const column of this.texts) column?.clear();
    for (const column of this.lists) column?.clear();
    this.rows = 0;
  }
}

/** The column at `index`, about to be written in `[row, row + count)`. */
export const openColumn = (batch: ColumnBatch, index: number, row: number, count: number): FixedColumn => {
  const column = batch.fixed[index];
  if (!column) throw new Error(`column ${index} has no fixed width`);
  column.open(row, count);
  return column;
};
