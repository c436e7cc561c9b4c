import t from 'tap';
import { storeDoubtful } from '../../../collector/ledger/store-doubtful.ts';
import type { ColumnBatch } from '../../../collector/store/column-batch.ts';
import type { StoreOutcome } from '../../../collector/store/exact-writer.ts';
import { GivenUp } from '../../../collector/store/settle-piece.ts';

const batch = { rows: 10 } as ColumnBatch;
const range = { firstMicros: 1, lastMicros: 2, token: 'x' };
const done: StoreOutcome = {
  ...{ kind: 'stored', stored: 10, quarantined: 0 },
  ...{ found: false, lengthBytes: 5, milliseconds: 1 },
};

const writerOf = (count: () => Promise<number>) => {
  const modes: string[] = [];
  const store = async (_batch: ColumnBatch, _range: unknown, mode: string) => {
    modes.push(mode);
    return done;
  };
  return { modes, writer: { count, store } };
};

t.test('what is there in part, or not, is for the writer to settle', async (t) => {
  for (const there of [0, 3, 10]) {
    const { modes, writer } = writerOf(async () => there);
    t.equal(await storeDoubtful(writer, batch, range), done);
    t.same(modes, ['recover']);
  }
});

t.test('more than can be decoded again stays as it is', async (t) => {
  const { modes, writer } = writerOf(async () => 11);
  t.match(await storeDoubtful(writer, batch, range), { kind: 'stored', stored: 10, found: true });
  t.same(modes, []);
});

t.test('given up while it looked; other errors are ours', async (t) => {
  const given = writerOf(() => Promise.reject(new GivenUp()));
  t.same(await storeDoubtful(given.writer, batch, range), { kind: 'given-up' });
  const ours = writerOf(() => Promise.reject(new TypeError('ours')));
  await t.rejects(storeDoubtful(ours.writer, batch, range), /ours/);
});
