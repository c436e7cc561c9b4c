import t from 'tap';
import { BackOff } from '../../../collector/store/back-off.ts';
import type { StoreErrorKind } from '../../../collector/store/store-error.ts';

t.test('pauses are slept and grow until there is a success; trouble begins and ends', async (t) => {
  const troubles: (string | undefined)[] = [];
  const backOff = new BackOff({ onTrouble: (problem) => troubles.push(problem) });
  backOff.succeeded();
  t.same(troubles, [], 'no trouble, no end of it');
  const startedAt = performance.now();
  await backOff.pause('a');
  t.ok(performance.now() - startedAt >= 195);
  backOff.succeeded();
  backOff.succeeded();
  t.same(troubles, ['a', undefined]);
});

t.test('aborting ends a pause, and those to come', async (t) => {
  const abort = new AbortController();
  const backOff = new BackOff({ signal: abort.signal, onTrouble: () => abort.abort() });
  // However busy the machine is: a pause that is not slept is over before any timer.
  const timer = setTimeout(() => t.fail('it was slept'), 100);
  await backOff.pause('a');
  await backOff.pause('a');
  clearTimeout(timer);
  t.equal(abort.signal.aborted, true);
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
  const again: number[] = [];
  const backOff = new BackOff({ sleep: async (ms) => again.push(ms) });
  await backOff.pause('a');
  await backOff.pause('a');
  backOff.succeeded();
  await backOff.pause('a');
  t.same(again, [200, 400, 200], 'short again after a success');
  const mixed = await plannedPauses([
    ...times<StoreErrorKind>(8, 'overloaded'),
    'away',
    'away',
    'overloaded',
  ]);
  t.same(mixed.delays.slice(-4), [10_000, 1000, 1000, 1000]);
});
