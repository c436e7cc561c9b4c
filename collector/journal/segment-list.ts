/** Finds the segments of a journal. It reads 64 octets a file, so it may be done while they are written. */

import { closeSync, type Dirent, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import {
  baseOfSegmentFile,
  journalFormat,
  readSegmentHeader,
  type SegmentHeader,
  segmentHeaderBytes,
} from './journal-format.ts';

export interface Segment {
  readonly path: string;
  /** Positions `[base, end)`; `end` is as far as the file goes, whole chunks or not. */
  readonly base: number;
  readonly end: number;
  /** Length of the file. */
  readonly bytes: number;
  /** Microseconds since 1970; 0 when the header is damaged. */
  readonly createdMicros: number;
  /** Last write, microseconds since 1970. */
  readonly modifiedMicros: number;
  /** The header is damaged, but enough of the journal's id is left to know whose it is; the base is that of the name. */
  readonly headerDamaged: boolean;
}

/** A file that is named like a segment and is none of this journal. It is left alone. */
export interface Stranger {
  readonly path: string;
  /** For people: "it is of another journal". */
  readonly reason: string;
}

export interface SegmentSurvey {
  /** In order of base. */
  readonly segments: Segment[];
  readonly strangers: Stranger[];
}

/** We lack something, the file does not: it would be wrong to go on without it. */
const shortages: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);
/** Ids are random. Two that have so many of their 16 octets in common are one, of which the rest was damaged. */
const sameIdOctets = 12;
const idAt = 16;
const positionStep = 8;

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

const isOurs = (header: Uint8Array, journalId: string | undefined): boolean => {
  if (journalId === undefined) return false;
  const id = Buffer.from(journalId, 'hex');
  let same = 0;
  for (const [i, octet] of id.entries()) if (header[idAt + i] === octet) same++;
  return same >= sameIdOctets;
};

const faultOf = (header: SegmentHeader, base: number, journalId: string | undefined): string | undefined => {
  if (header.format > journalFormat)
    return `it was written in format ${header.format}, by a newer version of flowledger`;
  if (journalId !== undefined && header.journalId !== journalId) return 'it is of another journal';
  if (header.base !== base) return `by its header it begins at ${header.base}: it was renamed`;
  return undefined;
};

/** What the open file is: a segment, or why it is none. */
const inspect = (fd: number, path: string, base: number, journalId: string | undefined): Segment | string => {
  const { size, mtimeMs } = fstatSync(fd);
  const bytes = new Uint8Array(segmentHeaderBytes);
  if (readSync(fd, bytes, 0, segmentHeaderBytes, 0) < segmentHeaderBytes)
    return 'it is too short for the header of a segment';
  const header = readSegmentHeader(bytes);
  const fault = header ? faultOf(header, base, journalId) : undefined;
  if (fault !== undefined) return fault;
  if (!header && !isOurs(bytes, journalId)) return 'the header of a segment is missing or damaged';
  return {
    path,
    base,
    end: base + size - segmentHeaderBytes,
    bytes: size,
    createdMicros: header?.createdMicros ?? 0,
    modifiedMicros: Math.floor(mtimeMs * 1000),
    headerDamaged: header === undefined,
  };
};

/** Undefined: the file is gone by now. */
const survey = (entry: Dirent, path: string, journalId: string | undefined): Segment | string | undefined => {
  // Opening a FIFO would wait for ever, and a link may lead to one.
  if (!entry.isFile()) return 'it is no regular file';
  const base = baseOfSegmentFile(entry.name);
  if (base === undefined || base % positionStep !== 0) return 'its name is no position';
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    return inspect(fd, path, base, journalId);
  } catch (error) {
    if (shortages.has(codeOf(error))) throw error;
    return codeOf(error) === 'ENOENT' ? undefined : `it cannot be read (${codeOf(error)})`;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
};

/**
 * All `*.flj` of a directory: the segments of the journal with this id (32 hex digits; undefined: of any journal), and the files
 * that are none. A directory that is not there has no files. Throws what reading it otherwise does.
 */
export const surveySegments = (directory: string, journalId?: string): SegmentSurvey => {
  const found: SegmentSurvey = { segments: [], strangers: [] };
  let entries: Dirent[];
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return found;
    throw error;
  }
  for (const entry of entries) {
    if (!entry.name.endsWith('.flj')) continue;
    const path = join(directory, entry.name);
    const what = survey(entry, path, journalId);
    if (typeof what === 'string') found.strangers.push({ path, reason: what });
    else if (what) found.segments.push(what);
  }
  found.segments.sort((a, b) => a.base - b.base);
  return found;
};

/** The segments alone, in order of base; those without a chunk are among them. */
export const listSegments = (directory: string, journalId?: string): Segment[] =>
  surveySegments(directory, journalId).segments;
