/** Text of the filter language to a condition in SQL. */

import type { CompiledFilter } from './compiled-filter.ts';
import { FilterCursor } from './filter-cursor.ts';
import { flowsColumnSql } from './flows-column-sql.ts';
import { paramLength } from './param-length.ts';
import { parseFilter } from './parse-filter.ts';

/** ClickHouse takes 256 KiB of SQL, in which the filter may be more than once. */
const maxSqlLength = 80_000;
/** ClickHouse takes a URL of 1 MiB, in which the parameters are. */
const maxParamsLength = 800_000;
/** ClickHouse takes 1000 form fields, of which a query has some itself. */
const maxParams = 800;

/**
 * Throws FilterError. What is typed is in the parameters only. `sql()` without a mapping is about `flows`, forward: `service` is worked out
 * from the ports there.
 */
export const compileFilter = (text: string): CompiledFilter => {
  const cursor = new FilterCursor(text);
  const { condition, columns } = parseFilter(cursor);
  const sql = (columnSql = flowsColumnSql('forward')): string => condition(columnSql);
  const values = Object.values(cursor.params);
  const isLong = values.length > maxParams || paramLength(values) > maxParamsLength;
  if (isLong || sql().length > maxSqlLength) {
    cursor.fail('a shorter filter', 'many values take less room in a list: ip in [ ... ]', 0);
  }
  return { sql, params: cursor.params, columns, text };
};
