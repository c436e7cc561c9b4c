/** What an error of ClickHouse means for us: come back later, or never. */

import { AssertionError } from 'node:assert';
import { ClickHouseError } from '@clickhouse/client';
import { ConfigError } from '../../shared/service/config-error.ts';

/**
 * `away`: nobody answers, or the server is shutting down: nothing is wrong with the request.
 * `overloaded`: the server says that it cannot now; it may also mean that it never can, so patience ends.
 * `operator`: whatever we send, it is not taken until somebody sees to it: no table, no rights, no space.
 * `permanent`: the same request will fail again.
 */
export type StoreErrorKind = 'away' | 'overloaded' | 'operator' | 'permanent';

/** ClickHouse's error codes (src/Common/ErrorCodes.cpp) by which a server or a proxy of it says: not now. */
const overloadedCodes = new Set([
  '74', // CANNOT_READ_FROM_FILE_DESCRIPTOR
  '75', // CANNOT_WRITE_TO_FILE_DESCRIPTOR
  '76', // CANNOT_OPEN_FILE
  '159', // TIMEOUT_EXCEEDED
  '173', // CANNOT_ALLOCATE_MEMORY
  '202', // TOO_MANY_SIMULTANEOUS_QUERIES
  '203', // NO_FREE_CONNECTION
  '209', // SOCKET_TIMEOUT
  '210', // NETWORK_ERROR
  '225', // NO_ZOOKEEPER
  '241', // MEMORY_LIMIT_EXCEEDED
  '252', // TOO_MANY_PARTS
  '279', // ALL_CONNECTION_TRIES_FAILED
  '285', // TOO_FEW_LIVE_REPLICAS
  '286', // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
  '289', // REPLICA_IS_NOT_IN_QUORUM
  '319', // UNKNOWN_STATUS_OF_INSERT
  '425', // SYSTEM_ERROR
  '439', // CANNOT_SCHEDULE_TASK
  '745', // SERVER_OVERLOADED
  '999', // KEEPER_EXCEPTION
  '1000', // POCO_EXCEPTION
  '1001', // STD_EXCEPTION
]);

const operatorCodes = new Set([
  '16', // NO_SUCH_COLUMN_IN_TABLE
  '60', // UNKNOWN_TABLE
  '81', // UNKNOWN_DATABASE
  '164', // READONLY
  '192', // UNKNOWN_USER
  '193', // WRONG_PASSWORD
  '194', // REQUIRED_PASSWORD
  '195', // IP_ADDRESS_NOT_ALLOWED
  '201', // QUOTA_EXCEEDED
  '218', // TABLE_IS_DROPPED
  '242', // TABLE_IS_READ_ONLY
  '243', // NOT_ENOUGH_SPACE
  '291', // DATABASE_ACCESS_DENIED
  '497', // ACCESS_DENIED
  '516', // AUTHENTICATION_FAILED
]);

const awayCodes = new Set([
  '236', // ABORTED: shutting down
  '394', // QUERY_WAS_CANCELLED
]);

/** TOO_MANY_PARTS has two meanings: merges are behind, which passes, and the rows are of too many partitions, which does not. */
const isOfTooManyPartitions = ({ code, message }: ClickHouseError): boolean =>
  code === '252' && message.includes('Too many partitions');

/** What waiting does not mend. */
const isOurs = (error: unknown): boolean =>
  [TypeError, RangeError, ReferenceError, AssertionError, ConfigError].some((type) => error instanceof type);

/** What is no answer of ClickHouse, nor our own error, came from the way to it: a socket, a proxy, a time-out. */
export const classifyStoreError = (error: unknown): StoreErrorKind => {
  if (!(error instanceof ClickHouseError)) return isOurs(error) ? 'permanent' : 'away';
  if (awayCodes.has(error.code)) return 'away';
  if (operatorCodes.has(error.code)) return 'operator';
  return overloadedCodes.has(error.code) && !isOfTooManyPartitions(error) ? 'overloaded' : 'permanent';
};

/** One line for people: ClickHouse's own words with the name of the error, or the cause of a broken connection. */
export const describeStoreError = (error: unknown): string => {
  if (error instanceof ClickHouseError) {
    const text = error.message
      .trim()
      .replace(/\s*\n\s*/g, ' ')
      .replace(/\.+$/, '');
    return `ClickHouse: ${text} (${error.type ?? `code ${error.code}`})`;
  }
  if (!(error instanceof Error)) return String(error);
  const { code, message } = error as NodeJS.ErrnoException;
  if (isOurs(error)) return message;
  // A connection that was tried over IPv4 and IPv6 fails with an error of errors that has no message.
  return `ClickHouse cannot be reached: ${message === '' ? (code ?? error.name) : message}`;
};
