/** `journal.json`: what a directory of segments is, and of which journal. */

import { randomBytes } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../../shared/service/config-error.ts';
import { journalFormat } from './journal-format.ts';
import { syncDirectory } from './sync-directory.ts';

const identityFile = 'journal.json';
const isId = (id: unknown): id is string => typeof id === 'string' && /^[0-9a-f]{32}$/.test(id);

/** For a file of a format that only a later version knows. */
export const newerFormat = (path: string, what: string): ConfigError =>
  new ConfigError(
    `${path} was written by a newer version of flowledger: use that version, or move ${what} away`,
  );

/** Undefined: this is not what we wrote. */
const parseIdentity = (text: string, path: string): string | undefined => {
  let parsed: { readonly format?: unknown; readonly id?: unknown } | null;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed?.format === 'number' && parsed.format > journalFormat)
    throw newerFormat(path, 'the journal');
  return parsed?.format === journalFormat && isId(parsed.id) ? parsed.id : undefined;
};

/** A reader sees the whole file or none, after a loss of power too: without it the segments are strangers. */
const writeIdentity = async (directory: string, id: string, micros: number): Promise<void> => {
  const path = join(directory, identityFile);
  const created = new Date(micros / 1000).toISOString();
  const file = await open(`${path}.tmp`, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify({ format: journalFormat, id, created })}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
  await syncDirectory(directory);
};

/**
 * The id of the journal in `directory`: from journal.json, or, where that is damaged or gone, from the segments, which all bear it
 * (`idOfSegments`). A directory without either becomes a new journal. ConfigError for a damaged file alone, or a newer format.
 */
export const readIdentity = async (
  directory: string,
  idOfSegments: string | undefined,
  nowMicros: () => number,
): Promise<{ readonly journalId: string; readonly warnings: readonly string[] }> => {
  const path = join(directory, identityFile);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const known = text === undefined ? undefined : parseIdentity(text, path);
  if (known !== undefined) return { journalId: known, warnings: [] };
  if (text !== undefined && idOfSegments === undefined)
    throw new ConfigError(`${path} is damaged: move it away, and a new journal begins in ${directory}`);
  const journalId = idOfSegments ?? randomBytes(16).toString('hex');
  await writeIdentity(directory, journalId, nowMicros());
  if (idOfSegments === undefined) return { journalId, warnings: [] };
  const what = text === undefined ? 'was not there' : 'was damaged';
  return { journalId, warnings: [`${path} ${what}: written again, with the id that the segments bear`] };
};
