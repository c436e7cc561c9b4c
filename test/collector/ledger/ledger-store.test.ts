import t from 'tap';
import { LedgerStore } from '../../../collector/ledger/ledger-store.ts';

const makeStore = (): LedgerStore => {
  const connection = { url: 'http://127.0.0.1:1', user: 'u', password: '', database: 'd' };
  const options = { connection, collector: 'here', insertsInFlight: 2, quarantineDir: undefined };
  return new LedgerStore(
    options,
    () => {},
    () => {},
  );
};
const range = { firstMicros: 1, lastMicros: 2, token: 'x' };

t.test('a writer for each name of a collector', async (t) => {
  const store = makeStore();
  t.equal(store.writerOf(), store.writer);
  t.equal(store.writerOf('here'), store.writer);
  const other = store.writerOf('there');
  t.not(other, store.writer);
  t.equal(store.writerOf('there'), other);
  await store.close();
});

t.test('who is given up waits for nobody, also who is asked for later', async (t) => {
  const store = makeStore();
  const waits = store.writerOf('there').count(range);
  store.giveUp();
  await t.rejects(waits);
  await t.rejects(store.writerOf('elsewhere').count(range));
  await t.rejects(store.writer.count(range));
  await store.flush();
  await store.close();
});
