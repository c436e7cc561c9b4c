import t from 'tap';
import { alignRange, chooseSource, coverOf, type Wanted } from '../../../collector/ask/choose-source.ts';
import type { LedgerView, RollupProgress } from '../../../collector/ask/ledger-view.ts';
import type { CompiledFilter } from '../../../collector/filter/compiled-filter.ts';

const minute = 60e6;
const hour = 60 * minute;
const day = 24 * hour;
const nowMicros = 1000 * day + 14 * hour + 30 * minute + 20e6;
const hourNow = 1000 * day + 14 * hour;
const range = (from: number, to: number, isRelative = false) => ({ from, to, isRelative });

t.test('ranges as tables can answer them', async (t) => {
  const past = range(hourNow - 5 * hour, hourNow);
  t.equal(alignRange(past, hour, nowMicros), past);
  t.equal(alignRange(range(hourNow - hour, hourNow - 1), minute, nowMicros), undefined);
  t.equal(alignRange(range(hourNow - hour + 1, hourNow), minute, nowMicros), undefined);
  t.same(
    alignRange(range(hourNow - 1, nowMicros, true), minute, nowMicros),
    range(hourNow - minute, nowMicros, true),
  );
  t.equal(
    alignRange(range(nowMicros - hour, nowMicros, true), hour, nowMicros),
    undefined,
    'an hour more is too much',
  );
  t.same(
    alignRange(range(nowMicros - day, nowMicros, true), hour, nowMicros),
    range(hourNow - day, nowMicros, true),
  );
});

const progressOf = (rollup: string, since: number, until: number, collector = 'a'): RollupProgress => ({
  ...{ rollup, collector, since, until },
});

t.test('what a rollup has', async (t) => {
  const progress = [progressOf('flows_1m', 10, 90, 'a'), progressOf('flows_1m', 20, 80, 'b')];
  t.match(coverOf('flows_1m', progress, ['a'], 5), { since: 20, until: 80 });
  t.match(coverOf('flows_1m', progress, ['a', 'b'], 30), { since: 30 }, 'rows before are gone');
  t.equal(coverOf('flows_1m', progress, ['a', 'c'], 5), undefined, 'nothing is known of c');
  t.equal(coverOf('flows_1m', progress, ['a'], undefined), undefined, 'the table is empty');
  t.equal(coverOf('flows_1h', progress, [], 5), undefined);
});

interface State {
  readonly flowsSince: number;
  readonly minuteSince: number;
  readonly minuteUntil: number;
  readonly hourSince: number;
  readonly hourUntil: number;
  readonly collectors: readonly string[];
}
const full: State = {
  ...{ flowsSince: nowMicros - 30 * day, minuteSince: hourNow - 7 * day, minuteUntil: nowMicros - 10e6 },
  ...{ hourSince: nowMicros - 300 * day, hourUntil: hourNow, collectors: ['a'] },
};

const ledgerOf = (state: State): LedgerView => {
  const since: Readonly<Record<string, number>> = {
    ...{ flows: state.flowsSince, flows_1m: state.minuteSince, flows_1h: state.hourSince },
  };
  return {
    nowMicros,
    zone: 'UTC',
    ask: async <Row>() => state.collectors.map((collector) => ({ collector })) as Row[],
    since: async (table) => since[table],
    progress: async () => [
      progressOf('flows_1m', 0, state.minuteUntil),
      progressOf('flows_1h', 0, state.hourUntil),
    ],
    heard: async () => [],
    hasColumn: async () => true,
    formatTime: (micros) => `<${micros}>`,
  };
};

const choose = (wanted: Partial<Wanted>, state: Partial<State> = {}) =>
  chooseSource(
    {
      range: range(nowMicros - hour, nowMicros, true),
      filter: undefined,
      columns: ['proto'],
      isExact: false,
      ...wanted,
    },
    ledgerOf({ ...full, ...state }),
  );
const filterOn = (...columns: readonly string[]): CompiledFilter => ({
  ...{ sql: () => '1', params: {}, columns: new Set(columns), text: '' },
});

t.test('the coarsest table that can answer', async (t) => {
  t.match(await choose({}), {
    table: 'flows_1m',
    range: { from: hourNow - hour + 30 * minute },
    text: /^flows_1m, received until <\d+>$/,
  });
  t.match(await choose({ range: range(nowMicros - day, nowMicros, true) }), {
    ...{ table: 'flows_1h', range: { from: hourNow - day }, text: /^flows_1h and flows_1m, received until/ },
    hourlyUntil: new Map([['a', hourNow]]),
  });
  t.match(await choose({ range: range(hourNow - 5 * hour, hourNow - hour) }), {
    table: 'flows_1h',
    text: 'flows_1h and flows_1m',
  });
  t.match(await choose({ filter: filterOn('exporter', 'service') }), { table: 'flows_1m' });
  t.match(await choose({ range: range(hourNow - day, hourNow), stepMicros: 10 * minute }), {
    table: 'flows_1m',
  });
});

t.test('rows about interfaces or about AS, whichever have what is asked for', async (t) => {
  const about = async (columns: readonly string[], ...filter: readonly string[]): Promise<string> => {
    const source = await choose({ columns, ...(filter.length > 0 && { filter: filterOn(...filter) }) });
    return source.table === 'flows' ? source.text : source.about;
  };
  t.equal(await about([]), 'interfaces');
  t.equal(await about(['exporter', 'collector', 'sampling_rate']), 'interfaces');
  t.equal(await about(['in_if', 'service'], 'proto'), 'interfaces');
  t.equal(await about(['src_as', 'dst_as'], 'exporter', 'direction'), 'as');
  t.equal(await about([], 'dst_as'), 'as');
  t.equal(await about(['src_as'], 'proto'), 'flows (flows_1m has src_as and proto, but not both together)');
  t.equal(
    await about(['in_if', 'exporter', 'dst_as']),
    'flows (flows_1m has dst_as and in_if, but not both together)',
  );
});

t.test('flows where nothing else can, and why', async (t) => {
  const why = async (wanted: Partial<Wanted>, state: Partial<State> = {}): Promise<string> => {
    const source = await choose(wanted, state);
    t.equal(source.table, 'flows');
    return source.text;
  };
  t.equal(await why({ isExact: true }), 'flows (--exact)');
  t.equal(await why({ columns: ['proto', 'dst_addr'] }), 'flows (dst_addr is not in flows_1m)');
  t.equal(
    await why({ filter: filterOn('proto', 'tcp_flags') }),
    'flows (the filter asks for tcp_flags, which is not in flows_1m)',
  );
  t.equal(
    await why({ range: range(hourNow - 90e6, hourNow) }),
    'flows (the range does not begin and end with a minute)',
  );
  t.equal(await why({ stepMicros: 30e6 }), 'flows (the step is not of whole minutes)');
  t.equal(await why({}, { collectors: ['a', 'b'] }), 'flows (flows_1m is not there yet)');
  const behind = nowMicros - hour;
  t.equal(
    await why({}, { minuteUntil: behind }),
    `flows (flows_1m has only what was received until <${Math.floor(behind / 1e6) * 1e6}>)`,
  );
  const [minuteSince, hourSince] = [hourNow - 2 * hour, hourNow - hour];
  t.equal(
    await why({ range: range(hourNow - 3 * hour, hourNow) }, { minuteSince, hourSince }),
    `flows (flows_1m begins at <${minuteSince}>)`,
  );
});

t.test('farther back than flows are kept', async (t) => {
  const from = hourNow - 60 * day + 5;
  t.match(await choose({ range: range(from, hourNow - 50 * day + 5) }), {
    table: 'flows_1h',
    range: range(hourNow - 60 * day, hourNow - 50 * day + hour),
    text: /whole hours: flows are kept no longer/,
  });
  const young = {
    flowsSince: hourNow - 2 * day,
    minuteSince: hourNow - 2 * day,
    hourSince: hourNow - 2 * day,
  };
  t.match(
    await choose({ range: range(nowMicros - 9 * day, nowMicros, true) }, young),
    { table: 'flows_1h' },
    'all there is',
  );
});
