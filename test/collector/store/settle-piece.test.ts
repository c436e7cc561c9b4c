import { ClickHouseError } from '@clickhouse/client';
import t from 'tap';
import { BackOff } from '../../../collector/store/back-off.ts';
import type { FlowRows } from '../../../collector/store/flow-rows.ts';
import { GivenUp, PieceSettler } from '../../../collector/store/settle-piece.ts';

const answer = (code: string, message = 'said'): ClickHouseError =>
  new ClickHouseError({ code, type: 'X', message });
const lost = (): Error => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });

type Step = 'insert' | 'count' | 'running' | 'remove';

/** A server that answers as it is told, in this order; the questions have to be these. */
const scripted = (...script: readonly (readonly [Step, unknown?])[]) => {
  const asked: string[] = [];
  const left = [...script];
  const step = (name: Step, detail = ''): unknown => {
    asked.push(`${name}${detail}`);
    const next = left.shift();
    if (next?.[0] !== name) throw new TypeError(`${name} came, expected was ${next?.[0]}`);
    if (next[1] instanceof Error) throw next[1];
    return next[1];
  };
  const rows = {
    insert: async (_: unknown, token: string) => step('insert', ` ${token}`),
    count: async () => step('count'),
    countRunning: async () => step('running'),
    remove: async () => step('remove'),
  } as unknown as FlowRows;
  const views = { arePossible: false, forgone: [] as string[] };
  const onToken = async (token: string): Promise<void> => void asked.push(`told ${token}`);
  const abort = new AbortController();
  const troubles: (string | undefined)[] = [];
  let tokens = 0;
  let retries = 0;
  const settler = new PieceSettler({
    rows,
    views: {
      isPossible: async () => views.arePossible,
      forgo: (problem) => void views.forgone.push(problem),
    },
    token: 'batch',
    // Pauses are left out by a signal of their own.
    backOff: new BackOff({ signal: AbortSignal.abort(), onTrouble: (problem) => troubles.push(problem) }),
    signal: abort.signal,
    patienceMs: 0,
    onRetry: () => retries++,
    newToken: () => `fresh-${tokens++}`,
  });
  const settle = (doubtful = false, storedBeside?: number, isDivided = false) =>
    settler.settle({
      piece: { from: 10, to: 15, firstMicros: 1, lastMicros: 2 },
      block: { columns: [], buffers: [], lengthBytes: 0 },
      token: 'first',
      doubtful,
      storedBeside,
      isDivided,
      onToken,
    });
  return { settle, settler, views, asked, left, troubles, abort, retries: () => retries };
};
const quiet = ['running', 0] as const;
const insertsOf = ({ asked }: { readonly asked: readonly string[] }): readonly string[] =>
  asked.filter((what) => what.startsWith('insert') || what.startsWith('told'));

t.test('the first success is believed', async (t) => {
  const { settle, asked, troubles } = scripted(['insert']);
  t.same(await settle(), { kind: 'stored', found: false });
  t.same(asked, ['insert first']);
  t.same(troubles, []);
});

t.test('a lost answer: none there, the same token again, and counted', async (t) => {
  const rig = scripted(['insert', lost()], quiet, ['count', 0], ['insert'], quiet, ['count', 5]);
  t.same(await rig.settle(), { kind: 'stored', found: false });
  t.same(
    rig.asked.filter((what) => what.startsWith('insert')),
    ['insert first', 'insert first'],
  );
  t.equal(rig.retries(), 1);
  t.match(rig.troubles, [/socket hang up/, undefined]);
});

t.test('a lost answer: all there', async (t) => {
  const rig = scripted(['insert', lost()], quiet, ['count', 5]);
  t.same(await rig.settle(), { kind: 'stored', found: true });
});

t.test('the server knows the token and has no rows: another token', async (t) => {
  const rig = scripted(quiet, ['count', 0], ['insert'], quiet, ['count', 0], ['insert']);
  t.same(await rig.settle(true), { kind: 'stored', found: false });
  t.same(
    insertsOf(rig),
    ['insert first', 'told fresh-0', 'insert fresh-0'],
    'somebody knew before it was sent',
  );
});

t.test('a part, or too many: removed, counted to be gone, and stored under another token', async (t) => {
  for (const count of [2, 9]) {
    const rig = scripted(
      quiet,
      ['count', count],
      ['remove'],
      ['count', 1],
      ['remove'],
      ['count', 0],
      ['insert'],
    );
    t.same(await rig.settle(true), { kind: 'stored', found: false });
    t.equal(rig.asked.at(-1), 'insert fresh-0');
    t.same(rig.left, []);
  }
});

t.test('all there, and views may lack it: the same INSERT once more, and counted', async (t) => {
  for (const isOld of [true, false]) {
    const first = isOld ? [] : ([['insert', lost()]] as const);
    const rig = scripted(...first, quiet, ['count', 5], ['insert'], quiet, ['count', 5]);
    rig.views.arePossible = true;
    t.same(await rig.settle(isOld), { kind: 'stored', found: true });
    t.same(insertsOf(rig), [...first.map(() => 'insert first'), 'insert first']);
    t.same(rig.left, []);
  }
});

t.test('the repetition fails, until it does not', async (t) => {
  const round = [['insert', lost()], quiet, ['count', 5]] as const;
  const rig = scripted(quiet, ['count', 5], ...round, ...round, ['insert'], quiet, ['count', 5]);
  rig.views.arePossible = true;
  t.same(await rig.settle(true), { kind: 'stored', found: true });
  t.same(rig.left, []);
  const refused = scripted(quiet, ['count', 5], ['insert', answer('252', 'Too many partitions')], quiet, ['count', 5], ['remove'], ['count', 0]); // biome-ignore format: short
  refused.views.arePossible = true;
  t.match(await refused.settle(true), { kind: 'refused', left: true }, 'as when a view refuses at first');
  const busy = scripted(quiet, ['count', 5], ['insert', answer('241')], quiet, ['count', 5]);
  busy.views.arePossible = true;
  t.same(await busy.settle(true), { kind: 'stored', found: true }, 'patience ends, and rows stay');
  t.match(busy.views.forgone, [/said/]);
});

t.test('flows has forgotten the token: rows there twice are removed', async (t) => {
  const rig = scripted(
    ...([quiet, ['count', 5], ['insert'], quiet, ['count', 10]] as const),
    ...([['remove'], ['count', 0], ['insert']] as const),
  );
  rig.views.arePossible = true;
  t.same(await rig.settle(true), { kind: 'stored', found: false });
  t.same(insertsOf(rig), ['insert first', 'told fresh-0', 'insert fresh-0']);
});

t.test('what was stored in pieces is not repeated, nor what an INSERT said it has stored', async (t) => {
  const divided = scripted(quiet, ['count', 5]);
  divided.views.arePossible = true;
  t.same(await divided.settle(true, undefined, true), { kind: 'stored', found: true });
  const said = scripted(quiet, ['count', 0], ['insert'], quiet, ['count', 5]);
  said.views.arePossible = true;
  t.same(await said.settle(true), { kind: 'stored', found: false });
});

t.test('nothing is counted while an INSERT of the batch is under way, or nobody answers', async (t) => {
  const rig = scripted(['running', lost()], ['running', 1], quiet, ['count', answer('241')], ['count', 5]);
  t.same(await rig.settle(true), { kind: 'stored', found: true });
  t.match(rig.troubles, [/socket hang up/, /under way/, /said/, undefined]);
});

t.test('a refusal for good: what it left is removed', async (t) => {
  const clean = scripted(['insert', answer('469')], quiet, ['count', 0]);
  t.match(await clean.settle(), { kind: 'refused', problem: /said/, left: false });
  const rest = scripted(['insert', answer('469')], quiet, ['count', 5], ['remove'], ['count', 0]);
  t.match(await rest.settle(), { kind: 'refused', left: true });
  t.same(rest.left, []);
});

t.test(
  'patience with `not now` ends in a refusal; not with an operator, and not where rows are there',
  async (t) => {
    const busy = scripted(['insert', answer('241')], quiet, ['count', 0], quiet, ['count', 0]);
    t.match(await busy.settle(), { kind: 'refused', left: false });
    const there = scripted(['insert', answer('319')], quiet, ['count', 5]);
    t.same(await there.settle(), { kind: 'stored', found: true });
    const operator = [['insert', answer('60')], quiet, ['count', 0]] as const;
    const missing = scripted(...operator, ...operator, ...operator, ['insert'], quiet, ['count', 5]);
    t.match(await missing.settle(), { kind: 'stored' });
  },
);

t.test('rows of a datagram that others are of, too', async (t) => {
  const stored = scripted(['insert', lost()], quiet, ['count', 12]);
  t.same(await stored.settle(false, 7), { kind: 'stored', found: true });
  const not = scripted(['insert', answer('469')], quiet, ['count', 7]);
  t.match(await not.settle(false, 7), { kind: 'refused', left: false });
  for (const error of [answer('469'), lost()]) {
    const mixed = scripted(['insert', error], quiet, ['count', 9]);
    t.match(await mixed.settle(false, 7), { kind: 'mixed' }, 'nothing is removed here');
    t.same(mixed.left, []);
  }
});

t.test('giving up ends waiting; our own errors are not taken for answers', async (t) => {
  const rig = scripted(['insert', lost()]);
  rig.abort.abort();
  await t.rejects(rig.settle(), new GivenUp());
  const waiting = scripted(['running', lost()]);
  waiting.abort.abort();
  await t.rejects(waiting.settler.count({ firstMicros: 1, lastMicros: 2 }), new GivenUp());
  await t.rejects(scripted(['insert', new RangeError('ours')]).settle(), /ours/);
  await t.rejects(scripted(['running', new TypeError('ours')]).settle(true), /ours/);
});
