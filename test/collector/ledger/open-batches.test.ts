import t from 'tap';
import { type OpenBatch, OpenBatches } from '../../../collector/ledger/open-batches.ts';
import { ColumnBatch } from '../../../collector/store/column-batch.ts';
import { columnsOfGroups } from '../../../collector/store/flow-columns.ts';

const open = (number: number, rows: number): OpenBatch => {
  const batch = new ColumnBatch(columnsOfGroups([]), 10);
  batch.rows = rows;
  return {
    number,
    batch,
    start: 100 * number,
    end: 100 * number + 50,
    firstMicros: number,
    lastMicros: number,
  };
};

t.test('the oldest is the one that begins first, whatever is done first', async (t) => {
  const batches = new OpenBatches();
  t.same([batches.size, batches.rows, batches.oldest], [0, 0, undefined]);
  const [one, two, three] = [open(1, 3), open(2, 4), open(3, 5)];
  for (const batch of [one, two, three]) batches.add(batch);
  t.same([batches.size, batches.rows], [3, 12]);
  batches.remove(two);
  t.equal(batches.oldest, one);
  t.same([...batches.values()], [one, three]);
  batches.remove(one);
  t.equal(batches.oldest, three);
  three.batch.rows = 6;
  t.equal(batches.rows, 6, 'the one that is filled grows');
});
