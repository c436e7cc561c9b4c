/** What ClickHouse refuses, and that it cannot be reached, in one line. */

import { ClickHouseError } from '@clickhouse/client';
import { describeStoreError } from '../store/store-error.ts';

const isConnectionError = (error: unknown): boolean =>
  error instanceof Error && ('code' in error || /socket|timeout|aborted/i.test(error.message));

/** Undefined: it is our own mistake. */
export const describeAskError = (error: unknown): string | undefined =>
  error instanceof ClickHouseError || isConnectionError(error) ? describeStoreError(error) : undefined;
