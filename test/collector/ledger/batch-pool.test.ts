import t from 'tap';
import { BatchPool } from '../../../collector/ledger/batch-pool.ts';
import { ColumnBatch } from '../../../collector/store/column-batch.ts';
import { columnsOfGroups } from '../../../collector/store/flow-columns.ts';

const makeBatch = (): ColumnBatch => new ColumnBatch(columnsOfGroups([]), 10);
const longMs = 60_000;

t.test('batches are taken and given back empty', async (t) => {
  const batch = makeBatch();
  const pool = new BatchPool([batch]);
  t.equal(pool.free, 1);
  t.equal(pool.take(), batch);
  t.equal(pool.take(), undefined);
  batch.rows = 5;
  pool.giveBack(batch);
  t.same([pool.free, batch.rows], [1, 0]);
});

t.test('waiting for one, as long as there is none', async (t) => {
  const pool = new BatchPool([makeBatch()]);
  await pool.untilFree(longMs);
  const batch = pool.take() as ColumnBatch;
  let isFree = false;
  const waiting = pool.untilFree(longMs).then(() => {
    isFree = true;
  });
  await Promise.resolve();
  t.notOk(isFree);
  pool.giveBack(batch);
  await waiting;
  t.ok(isFree);
  pool.take();
  await pool.untilFree(1);
  t.equal(pool.free, 0, 'but not for ever');
});
