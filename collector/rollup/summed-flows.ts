/** What flows_1m and flows_1h have in common: rows summed up over their dimensions. */

import { plainColumn, type SpreadColumn, spreadFlows } from '../store/flow-shares.ts';
import { servicePort } from '../store/service-port.ts';
import { flowDimensions } from './rollup-tables.ts';

const { interfaces, as } = flowDimensions;
const dimensions: readonly string[] = [...new Set<string>([...interfaces, ...as])];

/** The dimensions as SQL over `flows`. */
const dimensionColumns: readonly SpreadColumn[] = dimensions.map((name) =>
  name === 'service' ? { name, sql: servicePort } : plainColumn(name),
);

/** Rows of `flows` as shares: `bucket`, `grain`, the dimensions, the counters. */
export const sharedFlows = (step: 'minute' | 'hour', where: string): string =>
  spreadFlows({ step, columns: dimensionColumns, where });

/** Of these there are few, so a hash stands for both: all else that a row is about then fits into the 32 octets of a key that is no text. */
const hashed = ['exporter', 'domain'];
const sender = `cityHash64(${hashed.join(', ')})`;
const keysOf = (names: readonly string[]): string =>
  ['bucket', 'grain', sender, ...names.filter((name) => !hashed.includes(name))].join(', ');

const selected = (about: string, sqlOf: (name: string) => string, more: readonly string[]): string =>
  [
    ...[about, 'bucket', 'grain', ...dimensions.map(sqlOf)],
    ...['sum(bytes)', 'sum(packets)', 'sum(flows)', ...more],
  ].join(', ');

/** SELECT of both kinds of rows out of shares, which are read once: `about`, `bucket`, `grain`, the dimensions and the counters; `more` stands behind them. */
export const summedFlows = (shares: string, more: readonly string[]): string =>
  `SELECT ${selected('grouping(service) AS about', (name) => (hashed.includes(name) ? `any(${name})` : name), more)}
FROM (
${shares}
)
GROUP BY GROUPING SETS ((${keysOf(interfaces)}), (${keysOf(as)}))`;

/** The same out of rows that are summed up already, as those of flows_1m. */
export const summedAgain = (rows: string, more: readonly string[]): string =>
  `SELECT ${selected('about', (name) => name, more)}
FROM (
${rows}
)
GROUP BY about, bucket, grain, ${dimensions.join(', ')}`;

/** As in INSERT INTO; `bucket` is the name of the second column. */
export const summedColumns = (bucket: 'minute' | 'hour', more: readonly string[]): string =>
  ['about', bucket, 'grain', ...dimensions, 'bytes', 'packets', 'flows', ...more].join(', ');
