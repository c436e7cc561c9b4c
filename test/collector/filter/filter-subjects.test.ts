import t from 'tap';
import { filterSubjects } from '../../../collector/filter/filter-subjects.ts';
import type { Subject } from '../../../collector/filter/filter-term.ts';

t.test('subjects tell all columns that they use, and use them mapped', async (t) => {
  for (const [name, subject] of Object.entries(filterSubjects) as [string, Subject][]) {
    const used = new Set<string>();
    const sql = subject.sql((column) => {
      used.add(column);
      return `mapped.${column}`;
    });
    t.same([...used].sort(), [...subject.columns].sort(), name);
    for (const column of subject.columns)
      t.notMatch(sql, new RegExp(`(?<!mapped\\.)\\b${column}\\b`), `${name}: ${sql}`);
  }
});
