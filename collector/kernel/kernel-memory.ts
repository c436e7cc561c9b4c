/**
 * The memory that the move kernel and the store share: the columns of all batches, the octets being decoded, and the small
 * tables of the kernel. Taken once and never grown, so that views stay valid; the system gives pages when they are touched.
 */

import { ColumnBatch } from '../store/column-batch.ts';
import type { FlowColumn } from '../store/flow-columns.ts';
import { columnEntryBytes, messageBytes } from './kernel-layout.ts';
import { moveKernelWasm } from './move-kernel.generated.ts';

export interface MoveKernel {
  moveFixed(
    plan: number,
    operations: number,
    message: number,
    source: number,
    stride: number,
    count: number,
    row: number,
    columns: number,
  ): void;
  moveScanned(
    plan: number,
    operations: number,
    message: number,
    source: number,
    offsets: number,
    lengths: number,
    fields: number,
    count: number,
    row: number,
    columns: number,
  ): void;
}

/** Octets of a plan: some 90 operations of 24 octets. */
const planBytes = 8192;
/** Offsets, and lengths, of so many fields are given to the kernel at a time. */
export const scanFields = 65536;
/** The longest Set, for Sets that do not lie in the chunk (those that waited for their Template). */
const scratchBytes = 65536;
const page = 65536;
const align = (at: number): number => (at + 63) & ~63;

const rowBytes = (columns: readonly FlowColumn[]): number =>
  new ColumnBatch(columns, 0).fixed.reduce((sum, column) => sum + (column?.widthBytes ?? 0), 0);

export class KernelMemory {
  readonly kernel: MoveKernel;
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  /** Offsets of the areas. */
  readonly plan = 1024;
  readonly message: number;
  readonly offsets: number;
  readonly lengths: number;
  readonly scratch: number;
  /** Room for one chunk. */
  readonly chunk: number;
  #next: number;
  readonly #columns: readonly FlowColumn[];
  readonly #capacity: number;

  /** @param batches how many batches of `capacity` rows `makeBatch` will be asked for */
  constructor(columns: readonly FlowColumn[], capacity: number, batches: number, chunkBytes: number) {
    this.#columns = columns;
    this.#capacity = capacity;
    this.message = align(this.plan + planBytes);
    this.offsets = align(this.message + messageBytes);
    this.lengths = this.offsets + 4 * scanFields;
    this.scratch = this.lengths + 4 * scanFields;
    this.chunk = this.scratch + scratchBytes;
    this.#next = align(this.chunk + chunkBytes);
    const perBatch = (columns.length + 1) * (columnEntryBytes + 64) + rowBytes(columns) * capacity + 4096;
    const pages = Math.ceil((this.#next + batches * perBatch) / page);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const module = new WebAssembly.Module(Buffer.from(moveKernelWasm, 'base64'));
    this.kernel = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as MoveKernel;
    this.u8 = new Uint8Array(memory.buffer);
    this.u32 = new Uint32Array(memory.buffer);
  }

  makeBatch(): ColumnBatch {
    return new ColumnBatch(this.#columns, this.#capacity, (bytes) => {
      const at = this.#next;
      this.#next = align(at + bytes);
      if (this.#next > this.u8.length) throw new Error('more batches than the kernel memory was made for');
      return { buffer: this.u8.buffer as ArrayBuffer, at };
    });
  }
}
