import { ClickHouseError } from '@clickhouse/client';
import t from 'tap';
import { withRetry } from '../../../collector/store/with-retry.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';

const away = (): Error => Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
const answer = (code: string): ClickHouseError => new ClickHouseError({ code, type: 'X', message: 'said' });

/** An attempt that fails with these, one after the other, and then succeeds. */
const failing = (...errors: readonly Error[]) => {
  let calls = 0;
  const attempt = async (): Promise<string> => {
    const error = errors[calls++];
    if (error) throw error;
    return 'done';
  };
  return { attempt, calls: () => calls };
};

t.test('a success at once is no trouble', async (t) => {
  const troubles: unknown[] = [];
  t.equal(await withRetry(failing().attempt, { onTrouble: (x) => troubles.push(x) }), 'done');
  t.same(troubles, []);
});

t.test('a server that is away is waited for, however small the patience', async (t) => {
  const troubles: unknown[] = [];
  const pauses: number[] = [];
  const sleep = async (ms: number) => pauses.push(ms);
  const { attempt, calls } = failing(away(), away());
  t.equal(await withRetry(attempt, { patienceMs: 0, sleep, onTrouble: (x) => troubles.push(x) }), 'done');
  t.equal(calls(), 3);
  t.match(troubles, [/refused/, /refused/, undefined]);
  t.same(pauses, [200, 400], 'pauses grow');
});

t.test('an error that will come again, or that an operator must see to, is thrown at once', async (t) => {
  for (const error of [answer('62'), answer('60'), new ConfigError('ours')]) {
    const { attempt, calls } = failing(error);
    const troubles: unknown[] = [];
    await t.rejects(withRetry(attempt, { onTrouble: (x) => troubles.push(x) }), error);
    t.equal(calls(), 1);
    t.same(troubles, []);
  }
});

t.test('patience with `not now` is counted from the first, and anew after it was away', async (t) => {
  const busy = failing(answer('252'), answer('252'));
  await t.rejects(withRetry(busy.attempt, { patienceMs: 0 }), /said/);
  t.equal(busy.calls(), 2);
  const mixed = failing(answer('252'), away());
  t.equal(await withRetry(mixed.attempt, { patienceMs: 0 }), 'done');
});

t.test('aborting ends the pause, and one attempt more is the last', async (t) => {
  const abort = new AbortController();
  const many = failing(...Array.from({ length: 9 }, away));
  const onTrouble = (): void => abort.abort();
  const timer = setTimeout(() => t.fail('the pause of 200 ms was slept'), 100);
  await t.rejects(withRetry(many.attempt, { signal: abort.signal, onTrouble }), /refused/);
  t.equal(many.calls(), 2);
  clearTimeout(timer);
  const later = failing(away());
  await t.rejects(withRetry(later.attempt, { signal: abort.signal }), /refused/);
  t.equal(later.calls(), 1);
});
