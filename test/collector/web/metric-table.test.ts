import t from 'tap';
import { metricTable } from '../../../collector/web/metric-table.ts';

t.test('names as Prometheus wants them', async (t) => {
  for (const [name, row] of Object.entries(metricTable)) {
    t.match(name, /^(flowledger|process)_[a-z_]+$/);
    t.equal(
      name.endsWith('_total'),
      row.kind === 'counter',
      `${name}: a counter, and only a counter, ends in _total`,
    );
    t.ok(row.help.length > 10 && !row.help.includes('\n'), name);
    for (const label of row.labels) t.match(label, /^[a-z]+$/);
  }
});
