import { readFileSync } from 'node:fs';
import t from 'tap';
import {
  flowDimensions,
  rollupTables,
  rollupTtlDays,
  talkersPerHour,
} from '../../../collector/rollup/rollup-tables.ts';

const ddl = readFileSync(
  new URL('../../../collector/store/schema/0004-rollups.sql', import.meta.url),
  'utf8',
);
const definitionOf = (table: string): string =>
  ddl.split(`CREATE TABLE ${table}\n`)[1]?.split(';\n')[0] ?? '';

t.test('the list is what the schema makes', async (t) => {
  const made = [...ddl.matchAll(/^CREATE TABLE (\w+)$/gm)].map((match) => match[1]);
  t.same(made, [...rollupTables, 'rollups']);
  for (const table of rollupTables) {
    const definition = definitionOf(table);
    t.match(definition, `toIntervalDay(${rollupTtlDays[table]})`, table);
    t.match(definition, 'non_replicated_deduplication_window = 1000');
    const columns = definition.split('\n').filter((line) => /^ {2}[a-z_]+ [A-Z]/.test(line));
    t.same(
      columns.filter((line) => !line.includes("COMMENT '")),
      [],
      'each column says what it is',
    );
  }
  for (const table of ['flows_1m', 'flows_1h'])
    for (const dimension of [...flowDimensions.interfaces, ...flowDimensions.as])
      t.match(definitionOf(table), `\n  ${dimension} `);
  for (const table of ['flows_1m', 'flows_1h'])
    t.same(
      [...(/about Enum8\((.*?)\)/.exec(definitionOf(table))?.[1] ?? '').matchAll(/'(\w+)'/g)].map(
        (m) => m[1],
      ),
      Object.keys(flowDimensions),
    );
  t.match(definitionOf('talkers_1h'), `first ${talkersPerHour}`);
});
