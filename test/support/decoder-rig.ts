/** The decoder with its column sink, as the ledger builds it, for tests: datagrams in, rows out. */

import { ColumnSink } from '../../collector/decode/column-sink.ts';
import { Decoder } from '../../collector/decode/decode-datagram.ts';
import type { DomainCounters } from '../../collector/decode/domain-counters.ts';
import type { DecoderLimits } from '../../collector/decode/limits.ts';
import { type OptionsRow, readOptions } from '../../collector/decode/options-records.ts';
import { KernelMemory } from '../../collector/kernel/kernel-memory.ts';
import type { ColumnBatch } from '../../collector/store/column-batch.ts';
import { type ColumnGroup, columnGroups, columnsOfGroups } from '../../collector/store/flow-columns.ts';
import { hexBytes, viewOf } from './capture-builder.ts';
import { exportSeconds } from './message-hex.ts';
import { type Row, readRows } from './row-reader.ts';

export interface RigOptions {
  readonly groups?: readonly ColumnGroup[];
  readonly keepExtra?: boolean;
  readonly capacity?: number;
  /** Keys of `extra` that strangers may make up. */
  readonly extraKeys?: number;
  readonly limits?: Partial<DecoderLimits>;
  /** Room for the chunk that datagrams are copied to; 0: they lie outside of the kernel's memory. */
  readonly chunkBytes?: number;
  /** Before a datagram a batch that is half full is counted and emptied, as in the ledger: `rows()` is of no use then. */
  readonly recycle?: boolean;
}

export interface Sender {
  readonly port?: number;
  /** 16 octets in hex. */
  readonly address?: string;
  readonly micros?: number;
}

/** Two seconds after the export time of `message-hex.ts`. */
export const receivedMicros = (exportSeconds + 2) * 1e6;
const mapped = '00000000000000000000ffff';

/** Memory of a batch that was used before: whatever is not written shows. */
const poison = (batch: ColumnBatch): ColumnBatch => {
  for (const column of batch.fixed) column?.u8.fill(0xaa);
  return batch;
};

export class DecoderRig {
  readonly decoder: Decoder;
  readonly sink: ColumnSink;
  readonly options: OptionsRow[] = [];
  /** Rows of batches that were emptied. */
  recycledRows = 0;
  readonly memory: KernelMemory;
  readonly #inChunk: boolean;
  readonly #recycle: boolean;

  constructor(options: RigOptions = {}) {
    const { groups = columnGroups, capacity = 512, chunkBytes = 1 << 16 } = options;
    const columns = columnsOfGroups(groups);
    this.memory = new KernelMemory(columns, capacity, 1, chunkBytes);
    this.sink = new ColumnSink(poison(this.memory.makeBatch()), {
      memory: this.memory,
      columns,
      keepExtra: options.keepExtra ?? true,
      ...(options.extraKeys === undefined ? {} : { extraKeys: options.extraKeys }),
      options: (records, message) => readOptions(records, message, (row) => this.options.push(row)),
    });
    this.decoder = new Decoder(this.sink, options.limits);
    this.#inChunk = chunkBytes > 0;
    this.#recycle = options.recycle ?? false;
  }

  send(datagram: Uint8Array | string, sender: Sender = {}): this {
    const octets = typeof datagram === 'string' ? hexBytes(datagram) : datagram;
    const { chunk, u8 } = this.memory;
    const { batch } = this.sink;
    if (this.#recycle && batch.rows > batch.capacity / 2) {
      this.recycledRows += batch.rows;
      batch.clear();
    }
    if (this.#inChunk) u8.set(octets, chunk);
    const bytes = this.#inChunk ? u8 : octets;
    const at = this.#inChunk ? chunk : 0;
    this.decoder.datagram({
      bytes,
      view: viewOf(bytes),
      at,
      end: at + octets.length,
      address: hexBytes(sender.address ?? `${mapped}c0000209`),
      addressAt: 0,
      exporterPort: sender.port ?? 50000,
      receivedMicros: sender.micros ?? receivedMicros,
    });
    return this;
  }

  rows(): readonly Row[] {
    return readRows(this.sink.batch);
  }

  /** The only row, or an error. */
  row(): Row {
    const rows = this.rows();
    if (rows.length !== 1 || !rows[0]) throw new Error(`${rows.length} rows instead of one`);
    return rows[0];
  }

  /** Empties the batch at hand, as the pool does, and leaves what was in it in its memory. */
  reuse(): this {
    this.sink.batch.clear();
    return this;
  }

  get totals(): DomainCounters {
    return this.decoder.domains.totals();
  }

  reasons(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.totals.reasons);
  }
}
