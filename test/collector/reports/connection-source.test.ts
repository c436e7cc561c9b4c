import t from 'tap';
import {
  connectionColumns,
  connectionsAt,
  connectionsNow,
} from '../../../collector/reports/connection-source.ts';
import { flowColumns } from '../../../collector/store/flow-columns.ts';
import { second } from '../../support/nat-ask-fragments.ts';
import { ledgerView } from '../../support/nat-ask-view.ts';

const range = { from: second(0), to: second(100), isRelative: true };
const progress = async () => [
  { rollup: 'connections', collector: "o'hare", since: 0, until: second(50) },
  { rollup: 'nat_log', collector: 'other', since: 0, until: second(70) },
];

t.test('columns have the names of flows', async (t) => {
  const names = new Set(flowColumns.map(({ name }) => name));
  t.same(
    [...connectionColumns].filter((name) => !names.has(name)),
    [],
  );
});

t.test('where there is no table of connections, flows answers', async (t) => {
  const { name, sql } = await connectionsNow(ledgerView(), range, false);
  t.equal(name, 'flows');
  t.notMatch(sql, /FROM connections/);
});

t.test('what is in the table is not looked for in flows', async (t) => {
  const { name, sql, params, where } = await connectionsNow(ledgerView({ progress }), range, false);
  t.equal(name, 'connections, received until 50 s, and flows from then on');
  t.match(params, { collector0: "o'hare", until0: second(50), from: second(0), to: second(100) });
  t.notMatch(sql, /hare/, 'no name is written into SQL');
  t.ok(where.includes('NOT is_closed'));
  const all = await connectionsNow(ledgerView({ progress }), range, true);
  t.notOk(all.where.includes('NOT is_closed'), 'closed ones, too');
});

t.test('of a time in the past', async (t) => {
  const { name, params, remarks } = connectionsAt(second(10.5));
  t.equal(name, 'flows');
  t.same(params, { second: second(10) / 1e6 }, 'flows is ordered by whole seconds');
  t.match(remarks, [/ended at most an hour later/]);
});
