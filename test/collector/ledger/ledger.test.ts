import t from 'tap';
import { Ledger } from '../../../collector/ledger/ledger.ts';
import type { LedgerOptions } from '../../../collector/ledger/ledger-messages.ts';
import type { BatchOutcome } from '../../../collector/store/batch-writer.ts';
import type { ColumnBatch } from '../../../collector/store/column-batch.ts';
import { type ChunkFrame, chunkOf } from '../../support/chunk-bytes.ts';
import { receivedMicros } from '../../support/decoder-rig.ts';
import { keepRows } from '../../support/kept-rows.ts';
import { ipfix, set, templateRecord, u32 } from '../../support/message-hex.ts';
import { type Row, readRows } from '../../support/row-reader.ts';

const batchRows = 1 << 16;

interface Insert {
  readonly rows: readonly Row[];
  readonly token: string;
  readonly end: (problem?: string) => void;
}

/** A ledger whose INSERTs end when the test says so. */
const makeLedger = (more: Partial<LedgerOptions> = {}) => {
  const inserts: Insert[] = [];
  const recycled: ArrayBuffer[] = [];
  const failures: BatchOutcome[] = [];
  const options = {
    connection: { url: '' },
    collector: 'here',
    groups: [],
    keepExtra: true,
    batchRows,
    batchAgeMs: 1000,
    insertsInFlight: 1,
    exporters: [],
    ...more,
  };
  const ledger = new Ledger(options as unknown as LedgerOptions, {
    batchWriter: {
      insertBatch: (batch: ColumnBatch, token: string) =>
        new Promise((resolve) => {
          const { rows } = batch;
          const end = (problem?: string): void =>
            resolve({ rows, problem, lengthBytes: 1, milliseconds: 500 });
          inserts.push({ rows: readRows(batch), token, end });
        }),
    },
    rowWriter: keepRows().writer,
    recycle: (chunk) => recycled.push(chunk),
    onFailure: (outcome) => failures.push(outcome),
  });
  const accept = (...frames: readonly ChunkFrame[]): void => {
    const chunk = chunkOf(frames);
    ledger.accept(chunk.buffer as ArrayBuffer, chunk.length);
  };
  return { ledger, accept, inserts, recycled, failures };
};

const settled = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
};
const template: ChunkFrame = {
  payload: ipfix({}, set(2, templateRecord(256, [[1, 4]]))),
  micros: receivedMicros,
};
const data = (records: number, micros = receivedMicros): ChunkFrame => ({
  payload: ipfix({}, set(256, u32(7).repeat(records))),
  micros,
});

t.test('rows are stored when the batch is old', async (t) => {
  const { ledger, accept, inserts, recycled } = makeLedger();
  accept(template, data(3, receivedMicros + 1));
  await settled();
  t.equal(recycled.length, 1);
  t.match(ledger.snapshot(), {
    datagrams: 2,
    flowRecords: 3,
    batchRows: 3,
    pendingRows: 3,
    oldestMicros: receivedMicros + 1,
  });
  ledger.tick(performance.now());
  t.equal(inserts.length, 0, 'not old yet');
  ledger.tick(performance.now() + 2000);
  t.equal(inserts[0]?.rows.length, 3);
  t.match(ledger.snapshot(), { pendingRows: 3, batchRows: 0, insertsInFlight: 1, rowsStored: 0 });
  inserts[0]?.end();
  await settled();
  t.match(ledger.snapshot(), {
    pendingRows: 0,
    insertsInFlight: 0,
    rowsStored: 3,
    insertsStored: 1,
    oldestMicros: 0,
    insertSeconds: 0.5,
  });
});

t.test('ClickHouse is slow: chunks wait for a free batch, and no row is lost', async (t) => {
  const { ledger, accept, inserts, recycled } = makeLedger();
  const full = (): ChunkFrame => data(16_000);
  accept(template);
  for (let i = 0; i < 5; i++) accept(full(), full(), full(), full());
  await settled();
  t.ok(inserts.length >= 1 && recycled.length < 6, 'it stands still');
  const before = ledger.snapshot();
  await settled();
  t.equal(ledger.snapshot().flowRecords, before.flowRecords);
  t.ok(before.flowRecords < 320_000);
  const finished = ledger.finish();
  let done = 0;
  while (ledger.snapshot().rowsStored < 320_000) {
    for (; done < inserts.length; done++) inserts[done]?.end();
    await settled();
  }
  await finished;
  const { flowRecords, rowsStored, recordsDropped, pendingRows } = ledger.snapshot();
  t.same([flowRecords, rowsStored, recordsDropped, pendingRows], [320_000, 320_000, 0, 0]);
  t.equal(
    new Set(inserts.map((insert) => insert.token)).size,
    inserts.length,
    'each INSERT has a token of its own',
  );
  t.equal(recycled.length, 6);
});

t.test('what ClickHouse refuses is counted and told', async (t) => {
  const { ledger, accept, inserts, failures } = makeLedger();
  accept(template, data(2));
  await settled();
  const finished = ledger.finish();
  await settled();
  inserts[0]?.end('no such table');
  await finished;
  t.match(ledger.snapshot(), { rowsStored: 0, rowsFailed: 2, insertsFailed: 1, problem: 'no such table' });
  t.match(failures, [{ rows: 2, problem: 'no such table' }]);
  accept(data(1));
  await settled();
  const again = ledger.finish();
  await settled();
  inserts[1]?.end();
  await again;
  t.match(ledger.snapshot(), { rowsStored: 1, problem: undefined }, 'and forgotten when it works again');
});

t.test('the operator names exporters', async (t) => {
  const exporters = [{ address: '00000000000000000000ffffc0000209', name: 'edge', site: '', sampling: 500 }];
  const { ledger, accept, inserts } = makeLedger({ exporters });
  accept(template, data(1));
  await settled();
  const finished = ledger.finish();
  await settled();
  inserts[0]?.end();
  await finished;
  t.match(inserts[0]?.rows, [{ sampling_rate: 500, sampling_source: 4, bytes: 7n }]);
});

t.test('nothing to finish', async (t) => {
  const { ledger } = makeLedger();
  await ledger.finish();
  ledger.expire();
  t.match(ledger.snapshot(), { datagrams: 0, rowsStored: 0, oldestMicros: 0 });
});
