import t from 'tap';
import { BackOff } from '../../../collector/store/back-off.ts';

const timed = async (task: () => Promise<void>): Promise<number> => {
  const startedAt = performance.now();
  await task();
  return performance.now() - startedAt;
};

t.test('pauses grow until there is a success; trouble begins and ends', async (t) => {
  const troubles: (string | undefined)[] = [];
  const backOff = new BackOff({ onTrouble: (problem) => troubles.push(problem) });
  backOff.succeeded();
  t.same(troubles, [], 'no trouble, no end of it');
  t.ok((await timed(() => backOff.pause('a'))) >= 195);
  t.ok((await timed(() => backOff.pause('b'))) >= 395);
  backOff.succeeded();
  backOff.succeeded();
  t.same(troubles, ['a', 'b', undefined]);
  const again = await timed(() => backOff.pause('c'));
  t.ok(again >= 195 && again < 395, 'short again');
});

t.test('aborting ends a pause, and those to come', async (t) => {
  const abort = new AbortController();
  const backOff = new BackOff({ signal: abort.signal, onTrouble: () => abort.abort() });
  t.ok((await timed(() => backOff.pause('a'))) < 150);
  t.ok((await timed(() => backOff.pause('a'))) < 150);
});
