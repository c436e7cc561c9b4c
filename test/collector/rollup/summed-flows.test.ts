import t from 'tap';
import { flowDimensions } from '../../../collector/rollup/rollup-tables.ts';
import {
  sharedFlows,
  summedAgain,
  summedColumns,
  summedFlows,
} from '../../../collector/rollup/summed-flows.ts';

const selectedBy = (query: string): string[] =>
  (query.split('\n')[0] ?? '').replace('SELECT ', '').replace('grouping(service) AS ', '').split(', ');

t.test('values stand in the order of their columns', async (t) => {
  const columns = summedColumns('minute', ['until']).split(', ');
  for (const query of [summedFlows('SELECT 1', ['7']), summedAgain('SELECT 1', ['7'])]) {
    const values = selectedBy(query);
    t.equal(values.length, columns.length);
    t.same(
      columns.map((name) => (name === 'minute' ? 'bucket' : name)).slice(0, -1),
      values.map((value) => value.replace(/^\w+\((\w+)\)$/, '$1')).slice(0, -1),
    );
    t.equal(values.at(-1), '7');
  }
});

t.test('no two rows are summed up that differ in what they are about', async (t) => {
  const [, interfaces = '', as = ''] = (summedFlows('SELECT 1', []).split('GROUPING SETS ')[1] ?? '')
    .split('((')
    .join(', (')
    .split(', (');
  for (const [keys, names] of [
    [interfaces, flowDimensions.interfaces],
    [as, flowDimensions.as],
  ] as const)
    for (const name of ['bucket', 'grain', ...names]) t.match(keys, new RegExp(`\\b${name}\\b`));
  const again = summedAgain('SELECT 1', []).split('GROUP BY ')[1] ?? '';
  for (const name of ['about', 'bucket', 'grain', ...flowDimensions.interfaces, ...flowDimensions.as])
    t.match(again, new RegExp(`\\b${name}\\b`));
  t.match(sharedFlows('hour', 'x = 1'), '(x = 1)');
});
