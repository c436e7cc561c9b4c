import t from 'tap';
import { bisectByReceipt, bisectByRows, receivedOf } from '../../../collector/store/bisect-batch.ts';
import { columnsOfGroups } from '../../../collector/store/flow-columns.ts';
import { batchOf } from '../../support/batch-rows.ts';

const columns = columnsOfGroups([]);
const day = 1_800_000_000_000_000;
const batchFrom = (...micros: number[]) =>
  batchOf(
    columns,
    micros.map((at) => ({ received: BigInt(day + at) })),
  );
const piece = (from: number, to: number, first: number, last: number) => ({
  ...{ from, to, firstMicros: day + first, lastMicros: day + last },
});

t.test('times of receipt are read exactly, and have to be in order', async (t) => {
  const received = receivedOf(batchFrom(0, 1, 1, 999_999));
  t.same([0, 1, 2, 3].map(received), [day, day + 1, day + 1, day + 999_999]);
  t.throws(() => receivedOf(batchFrom(0, 2, 1)), /row 2 /);
  t.equal(receivedOf(batchOf(columns, [{ src_port: 1 }]))(0), 0, 'nobody wrote any');
});

t.test('a batch is cut between two datagrams, near the middle, and the range is cut with it', async (t) => {
  const received = receivedOf(batchFrom(1, 1, 1, 4, 5, 5, 5, 5));
  t.same(bisectByReceipt(piece(0, 8, 0, 9), received), [piece(0, 4, 0, 4), piece(4, 8, 5, 9)]);
  t.same(bisectByReceipt(piece(0, 4, 0, 4), received), [piece(0, 3, 0, 1), piece(3, 4, 4, 4)]);
  t.same(bisectByReceipt(piece(2, 8, 1, 9), received), [piece(2, 4, 1, 4), piece(4, 8, 5, 9)]);
  t.equal(bisectByReceipt(piece(4, 8, 5, 9), received), undefined, 'one datagram');
  t.equal(bisectByReceipt(piece(3, 4, 4, 4), received), undefined, 'one row');
});

t.test('the only change may be at either end', async (t) => {
  const first = receivedOf(batchFrom(1, 2, 2, 2, 2));
  t.same(bisectByReceipt(piece(0, 5, 1, 2), first), [piece(0, 1, 1, 1), piece(1, 5, 2, 2)]);
  const last = receivedOf(batchFrom(1, 1, 1, 1, 2));
  t.same(bisectByReceipt(piece(0, 5, 1, 2), last), [piece(0, 4, 1, 1), piece(4, 5, 2, 2)]);
});

t.test('rows of one datagram keep its time', async (t) => {
  t.same(bisectByRows(piece(4, 9, 5, 5)), [piece(4, 6, 5, 5), piece(6, 9, 5, 5)]);
  t.equal(bisectByRows(piece(4, 5, 5, 5)), undefined);
});
