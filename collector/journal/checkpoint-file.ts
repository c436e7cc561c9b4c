/**
 * Checkpoints: what decoder and books knew after all frames before a position. `checkpoint-<16 digits of the position>.json`:
 *
 *     {"format":1,"journal":ID,"position":n,"settled":bool,"crc":"8 hex digits","length":n}   NEWLINE   the state as JSON
 *
 * `crc` (CRC-32) and `length` are of the octets of the state.
 */

import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { crc32 } from 'node:zlib';

const checkpointFormat = 1;
const checkpointName = /^checkpoint-(\d{16})\.json$/;
const maxHeaderBytes = 256;

export interface Checkpoint {
  /** Id of the journal that its position belongs to. */
  readonly journal: string;
  readonly position: number;
  /** Everything before the position was stored, or had no rows, when it was written. */
  readonly settled: boolean;
  /** Plain JSON. */
  readonly state: unknown;
}

export interface CheckpointEntry {
  readonly position: number;
  /** False also when that cannot be read. */
  readonly settled: boolean;
  readonly path: string;
}

export type CheckpointReading =
  | { readonly checkpoint: Checkpoint }
  | { readonly checkpoint?: undefined; readonly reason: string };

interface Header extends Omit<Checkpoint, 'state'> {
  readonly format: number;
  readonly crc: string;
  readonly length: number;
}

const crcOf = (octets: Uint8Array): string => crc32(octets).toString(16).padStart(8, '0');

const positionOf = (name: string): number | undefined => {
  const digits = checkpointName.exec(name)?.[1];
  const position = digits === undefined ? Number.NaN : Number(digits);
  return Number.isSafeInteger(position) ? position : undefined;
};

/** Undefined: this is no header. */
const parseHeader = (line: string): Header | undefined => {
  let header: Partial<Header> | null;
  try {
    header = JSON.parse(line) as Partial<Header> | null;
  } catch {
    return undefined;
  }
  const isHeader =
    typeof header?.settled === 'boolean' &&
    typeof header.journal === 'string' &&
    Number.isSafeInteger(header.format) &&
    Number.isSafeInteger(header.position) &&
    typeof header.crc === 'string' &&
    Number.isSafeInteger(header.length);
  return isHeader ? (header as Header) : undefined;
};

const isSettled = (path: string): boolean => {
  const start = Buffer.alloc(maxHeaderBytes);
  try {
    const fd = openSync(path, 'r');
    try {
      const [line = ''] = start.toString('utf8', 0, readSync(fd, start)).split('\n');
      const header = parseHeader(line);
      return header?.format === checkpointFormat && header.settled;
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
};

/** The checkpoints of a journal, also damaged ones, by position. */
export const listCheckpoints = (directory: string): readonly CheckpointEntry[] =>
  readdirSync(directory)
    .flatMap((name) => {
      const position = positionOf(name);
      const path = join(directory, name);
      return position === undefined ? [] : { position, settled: isSettled(path), path };
    })
    .sort((a, b) => a.position - b.position);

/** A checkpoint is whole, or there is a `reason`, in words, why it cannot be used. That its journal is ours is for the caller to see. */
export const readCheckpoint = (path: string): CheckpointReading => {
  let octets: Buffer;
  try {
    octets = readFileSync(path);
  } catch (error) {
    return { reason: `cannot be read (${(error as NodeJS.ErrnoException).code})` };
  }
  const end = octets.indexOf('\n');
  const header = parseHeader(octets.toString('utf8', 0, Math.max(0, end)));
  if (!header) return { reason: 'is damaged: it has no header' };
  if (header.format !== checkpointFormat)
    return { reason: `is of format ${header.format}, which we do not know` };
  if (header.position !== positionOf(basename(path)))
    return { reason: 'is damaged: its name is of another position' };
  const body = octets.subarray(end + 1);
  if (body.length !== header.length)
    return { reason: `is damaged: it has ${body.length} of ${header.length} octets` };
  if (crcOf(body) !== header.crc) return { reason: 'is damaged: its CRC is wrong' };
  const { journal, position, settled } = header;
  return { checkpoint: { journal, position, settled, state: JSON.parse(body.toString('utf8')) as unknown } };
};

/**
 * Writes a checkpoint, in place of one of the same position. Whoever reads finds all of it or nothing; with `sync` that also survives
 * a loss of power. Throws errors of the file system; then nothing is left of it.
 */
export const writeCheckpoint = (directory: string, checkpoint: Checkpoint, sync: boolean): void => {
  const { journal, position, settled, state } = checkpoint;
  const body = Buffer.from(JSON.stringify(state));
  const header: Header = {
    format: checkpointFormat,
    journal,
    position,
    settled,
    crc: crcOf(body),
    length: body.length,
  };
  const path = join(directory, `checkpoint-${String(position).padStart(16, '0')}.json`);
  const unfinished = `${path}.tmp`;
  try {
    const fd = openSync(unfinished, 'w', 0o600);
    try {
      writeFileSync(fd, `${JSON.stringify(header)}\n`);
      writeFileSync(fd, body);
      if (sync) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
  if (sync) syncNames(directory);
};

const syncNames = (directory: string): void => {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

/** Removes the checkpoints before the newest one that is at `before` or earlier; that one and all later ones stay. */
export const removeCheckpoints = (directory: string, before: number): void => {
  const old = listCheckpoints(directory).filter(({ position }) => position <= before);
  for (const { path } of old.slice(0, -1)) rmSync(path, { force: true });
};
