/** The rows that are to be added up, out of the table that was chosen. */

import type { Source } from './choose-source.ts';
import { type Measure, measureFlows, measureRollups } from './measure-sql.ts';
import type { Query } from './query.ts';

export const measureSource = (measure: Measure, { table, about, range, hourlyUntil }: Source): Query => {
  const measured = { ...measure, range };
  if (table === 'flows') return measureFlows(measured);
  if (table === 'flows_1m') return measureRollups(measured, about, [{ table }]);
  return measureRollups(measured, about, [{ table }, { table: 'flows_1m', receivedFrom: hourlyUntil }]);
};
