/** Which journal a directory holds, for those who only read it. */

import { closeSync, type Dirent, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../../shared/service/config-error.ts';
import {
  baseOfSegmentFile,
  journalFormat,
  readSegmentHeader,
  type SegmentHeader,
  segmentHeaderBytes,
} from '../journal/journal-format.ts';

const idOf = (directory: string): string | undefined => {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(join(directory, 'journal.json'), 'utf8'));
  } catch {
    // It is not there, or damaged: the segments say it, too.
    return undefined;
  }
  const { format, id } = (typeof json === 'object' && json !== null ? json : {}) as {
    readonly format?: unknown;
    readonly id?: unknown;
  };
  if (typeof format === 'number' && format > journalFormat) throw newerJournal(directory);
  return typeof id === 'string' && /^[0-9a-f]{32}$/.test(id) ? id : undefined;
};

const newerJournal = (directory: string): ConfigError =>
  new ConfigError(`the journal in ${directory} was written by a newer version of flowledger: use that one`);

const headerOf = (path: string): SegmentHeader | undefined => {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const bytes = new Uint8Array(segmentHeaderBytes);
    return readSync(file, bytes) === bytes.length ? readSegmentHeader(bytes) : undefined;
  } finally {
    closeSync(file);
  }
};

/** The id of the journal: what `journal.json` says, or else the newest segment. @throws ConfigError where there is none. */
export const findJournal = (directory: string): string => {
  let entries: readonly Dirent[];
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    const reason = { ENOENT: 'it is not there', ENOTDIR: 'it is no directory', EACCES: 'permission denied' };
    const said = reason[error.code as keyof typeof reason] ?? error.message;
    throw new ConfigError(`there is no journal in ${directory}: ${said}`);
  }
  const id = idOf(directory);
  if (id !== undefined) return id;
  // Opening a FIFO would wait for ever.
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const segments = names.filter((name) => baseOfSegmentFile(name) !== undefined).sort();
  for (const name of segments.reverse()) {
    const header = headerOf(join(directory, name));
    if (header !== undefined && header.format > journalFormat) throw newerJournal(directory);
    if (header !== undefined) return header.journalId;
  }
  throw new ConfigError(
    `there is no journal in ${directory}: it has neither journal.json nor segments (*.flj)`,
  );
};
