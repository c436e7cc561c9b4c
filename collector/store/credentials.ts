/** Passwords of the embedded ClickHouse: made at the first start, kept in the data directory for its owner only. */

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivateFile } from './private-file.ts';

export interface Credentials {
  /** Of the user `flowledger`, who may do everything. */
  readonly password: string;
  /** Of the user `reader`, who may read tables, for dashboards. */
  readonly readerPassword: string;
}

const isCredentials = (value: unknown): value is Credentials =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Credentials).password === 'string' &&
  typeof (value as Credentials).readerPassword === 'string';

const credentialsFile = (dataDir: string): string => join(dataDir, 'credentials.json');

/** Undefined: there are none yet, or they cannot be read. */
export const readCredentials = (dataDir: string): Credentials | undefined => {
  try {
    const stored: unknown = JSON.parse(readFileSync(credentialsFile(dataDir), 'utf8'));
    return isCredentials(stored) ? stored : undefined;
  } catch {
    return undefined;
  }
};

/** Reads `DIR/credentials.json`, or makes it: ClickHouse is told the passwords at each start, so new ones do no harm. */
export const openCredentials = (dataDir: string): Credentials => {
  const stored = readCredentials(dataDir);
  if (stored !== undefined) return stored;
  const made = { password: randomBytes(24).toString('hex'), readerPassword: randomBytes(12).toString('hex') };
  writePrivateFile(credentialsFile(dataDir), `${JSON.stringify(made, null, 2)}\n`);
  return made;
};
