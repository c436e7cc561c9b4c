import t from 'tap';
import { flowDimensions } from '../../../collector/rollup/rollup-tables.ts';
import { sharedFlows, summedColumns, summedFlows } from '../../../collector/rollup/summed-flows.ts';

t.test('values stand in the order of their columns', async (t) => {
  const columns = summedColumns('minute', ['until']).split(', ');
  const values = (summedFlows('SELECT 1', ['7']).split('\n')[0] ?? '').replace('SELECT ', '').split(', ');
  t.equal(values.length, columns.length);
  t.same(
    columns.map((name) => (name === 'minute' ? 'bucket' : name)).slice(0, -1),
    values.map((value) => value.replace(/^\w+\((\w+)\)$/, '$1')).slice(0, -1),
  );
  t.equal(values.at(-1), '7');
});

t.test('no two rows are summed up that differ in a dimension', async (t) => {
  const grouped = summedFlows('SELECT 1', []).split('GROUP BY ')[1] ?? '';
  for (const name of ['bucket', 'grain', ...flowDimensions]) t.match(grouped, new RegExp(`\\b${name}\\b`));
  t.match(sharedFlows('hour', 'x = 1'), '(x = 1)');
});
