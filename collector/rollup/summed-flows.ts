/** What flows_1m and flows_1h have in common: rows summed up over their dimensions. */

import { plainColumn, type SpreadColumn, spreadFlows } from '../store/flow-shares.ts';
import { servicePort } from '../store/service-port.ts';
import { flowDimensions } from './rollup-tables.ts';

/** The dimensions as SQL over `flows`. */
const dimensionColumns: readonly SpreadColumn[] = flowDimensions.map((name) =>
  name === 'service' ? { name, sql: servicePort } : plainColumn(name),
);

/** Rows of `flows` as shares: `bucket`, `grain`, the dimensions, the counters. */
export const sharedFlows = (step: 'minute' | 'hour', where: string): string =>
  spreadFlows({ step, columns: dimensionColumns, where: () => where });

const named = ['bucket', 'grain', ...flowDimensions];
/** Beside a hash of all: rows that differ in one of these are never taken for each other, whatever the hash. */
const keyed = ['src_as', 'dst_as'];

/** SELECT of `bucket`, `grain`, the dimensions and the counters; `more` stands behind them. Grouping by 16 octets costs half of grouping by all the 49. */
export const summedFlows = (rows: string, more: readonly string[], having = ''): string => {
  const values = named.map((name) => (keyed.includes(name) ? name : `any(${name})`));
  return `SELECT ${[...values, 'sum(bytes)', 'sum(packets)', 'sum(flows)', ...more].join(', ')}
FROM (
${rows}
)
${having}GROUP BY cityHash64(${named.join(', ')}), ${keyed.join(', ')}`;
};

/** As in INSERT INTO; `bucket` is the name of the first column. */
export const summedColumns = (bucket: 'minute' | 'hour', more: readonly string[]): string =>
  [bucket, 'grain', ...flowDimensions, 'bytes', 'packets', 'flows', ...more].join(', ');
