import t from 'tap';
import { BackOff } from '../../../collector/store/back-off.ts';
import type { StoreErrorKind } from '../../../collector/store/store-error.ts';

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

/** How long pauses are, one after the other, and before which of them trouble is told. */
const plannedPauses = async (kinds: readonly StoreErrorKind[]) => {
  const delays: number[] = [];
  const told: number[] = [];
  const backOff = new BackOff({
    sleep: async (ms) => delays.push(ms),
    onTrouble: () => told.push(delays.length),
  });
  for (const kind of kinds) await backOff.pause('a', kind);
  return { delays, told };
};
const times = <Item>(count: number, item: Item): Item[] => Array.from({ length: count }, () => item);

t.test('who is away is asked once a second, who refuses less often', async (t) => {
  const away = await plannedPauses(times<StoreErrorKind>(24, 'away'));
  t.same(away.delays, [200, 400, 800, ...times(21, 1000)]);
  t.same(away.told, [0, 1, 2, 13, 23], 'and told every ten seconds');
  const operator = await plannedPauses(times<StoreErrorKind>(9, 'operator'));
  t.same(operator.delays, [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000]);
  const mixed = await plannedPauses([
    ...times<StoreErrorKind>(8, 'overloaded'),
    'away',
    'away',
    'overloaded',
  ]);
  t.same(mixed.delays.slice(-4), [10_000, 1000, 1000, 1000]);
});
