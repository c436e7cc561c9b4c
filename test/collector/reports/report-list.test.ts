import { Option } from 'commander';
import t from 'tap';
import { reports } from '../../../collector/reports/report-list.ts';

const generic = [
  'from',
  'to',
  'last',
  'zone',
  'filter',
  'limit',
  'page',
  'json',
  'csv',
  'sql',
  'data',
  'clickhouse',
  'db',
];

t.test('each report has a name and options of its own', async (t) => {
  const names = reports.map(({ name }) => name);
  t.same([...new Set(names)], names);
  for (const { name, options, examples = [] } of reports) {
    t.match(name, /^[a-z-]+$/);
    const own = options.map(({ flags }) => new Option(flags).attributeName());
    t.same([...new Set(own)], own, name);
    t.same(
      own.filter((option) => generic.includes(option)),
      [],
      `${name}: none of those that all have`,
    );
    for (const example of examples) t.notMatch(example, /^flowledger/, name);
  }
});
