/** How a filter finds its columns in the table `flows`. */

import { directedColumn, type FlowDirection } from '../store/directed-columns.ts';
import { servicePort } from '../store/service-port.ts';

/** For `CompiledFilter.sql`: columns as one direction of a row sees them, and what is derived from them. */
export const flowsColumnSql =
  (direction: FlowDirection) =>
  (column: string): string =>
    column === 'service' ? servicePort(direction) : directedColumn(column, direction);
