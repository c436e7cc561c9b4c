/** The way of one history: chunks of it, decoded, and stored as those of a collector are, but without a journal. */

import { randomBytes } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import type { DomainCounters } from '../decode/domain-counters.ts';
import { ChunkSource } from '../journal/chunk-source.ts';
import { batchRows, capacityFactor, insertsInFlight, spareBatches } from '../ledger/batch-sizes.ts';
import { FrameDecoder, type FrameState } from '../ledger/frame-decoder.ts';
import { Ledger } from '../ledger/ledger.ts';
import type { ConfiguredExporter } from '../receive/configured-exporter.ts';
import { ExactWriter } from '../store/exact-writer.ts';
import type { ColumnGroup } from '../store/flow-columns.ts';
import { Quarantine } from '../store/quarantine.ts';
import { RowWriter } from '../store/row-writer.ts';
import { type ChunkFeed, makeChunkFeed } from './feed-chunks.ts';

const batches = 1 + insertsInFlight + spareBatches;
const flushMs = 2000;

export interface LoadPathOptions {
  /** Asks in `database`. */
  readonly client: ClickHouseClient;
  readonly database: string;
  /** Value of the column `collector`. */
  readonly collector: string;
  readonly groups: readonly ColumnGroup[];
  readonly keepExtra: boolean;
  readonly exporters: readonly ConfiguredExporter[];
  /** What the history before this one has taught: the captures of a day, say, of which the first has the Templates. */
  readonly learnt: FrameState | undefined;
  /** Why rows wait. */
  readonly onTrouble: (problem: string) => void;
}

export interface LoadPath {
  readonly feed: ChunkFeed;
  readonly ledger: Ledger;
  readonly rowWriter: RowWriter;
  /** The books of the decoder when it began. */
  readonly before: DomainCounters;
  /** Resolves when all that was fed is stored, the books of exporters included. */
  finish(): Promise<void>;
}

export const openLoadPath = (options: LoadPathOptions): LoadPath => {
  const { client, database, collector, groups, keepExtra, exporters, onTrouble } = options;
  const rowWriter = new RowWriter({ client });
  const frames = new FrameDecoder({
    ...{ groups, keepExtra, exporters, collector, batches, rowWriter },
    batchCapacity: capacityFactor * batchRows,
  });
  if (options.learnt) frames.restore(options.learnt, 0);
  const before = frames.decoder.domains.totals();
  const source = new ChunkSource({
    reader: undefined,
    position: 0,
    recycle: (chunk) => feed.recycle(chunk),
  });
  const feed = makeChunkFeed((chunk, usedBytes) => source.offer(chunk, usedBytes));
  const writer = new ExactWriter({
    ...{ client, database, collector, insertsInFlight },
    quarantine: new Quarantine({ directory: undefined, rowWriter, collector }),
    onTrouble: (problem) => problem !== undefined && onTrouble(problem),
  });
  const ledger = new Ledger(
    {
      batchRows,
      batchAgeMs: Number.POSITIVE_INFINITY,
      run: randomBytes(16).toString('hex'),
      doubtfulBefore: 0,
    },
    { frames, source, writer, keeper: undefined, nowMs: () => performance.now() },
  );
  const running = ledger.run();
  const timer = setInterval(() => void rowWriter.flush(), flushMs);
  return {
    feed,
    ledger,
    rowWriter,
    before,
    finish: async () => {
      await ledger.finish();
      await running;
      clearInterval(timer);
      frames.books.writeExporters();
      frames.books.writeMinute();
      // One that is under way may have passed the tables of these rows.
      await rowWriter.flush();
      await rowWriter.flush();
    },
  };
};
