/** Opens a journal at the start of a collector: makes or finds it, locks it, and finds where to go on. */

import { constants, existsSync } from 'node:fs';
import { access, mkdir, open, readdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigError } from '../../shared/service/config-error.ts';
import { diskProblem } from './disk-problem.ts';
import { baseOfSegmentFile, journalFormat, readSegmentHeader, segmentHeaderBytes } from './journal-format.ts';
import { newerFormat, readIdentity } from './journal-identity.ts';
import { type JournalLock, lockJournal } from './journal-lock.ts';
import { newestReceipt } from './newest-receipt.ts';

/** What our own programs leave behind when they are stopped between writing a file and giving it its name. */
const leftover = /^(?:journal\.json|commits\.log|checkpoint-\d{16}\.json)\.tmp$/;

export interface OpenJournalOptions {
  readonly directory: string;
  readonly nowMicros: () => number;
  /** Largest position that the commit log of this journal knows: it goes on behind that, whatever is left of its segments. */
  readonly floorOf?: (journalId: string) => number;
}

export interface OpenedJournal {
  readonly directory: string;
  /** 32 hex digits. */
  readonly journalId: string;
  /** Where the next chunk begins: a multiple of 8. */
  readonly nextPosition: number;
  /** Newest time of receipt in the journal, microseconds since 1970; 0: it is empty. */
  readonly lastMicros: number;
  /** For people. */
  readonly warnings: readonly string[];
  release(): Promise<void>;
}

interface FoundSegment {
  readonly path: string;
  readonly base: number;
  readonly fileBytes: number;
  /** Undefined: it has no header that is ours, for this reason. */
  readonly journalId: string | undefined;
  readonly fault: string;
}

/** A name that claims more than half of all positions is damage, or a joke: there must be room to go on. */
const maxClaimedBase = 2 ** 52;

const cannotWrite = (directory: string, error: unknown): ConfigError =>
  new ConfigError(
    `--journal ${directory} cannot be written: ${diskProblem(error, directory)}: give another directory with --journal DIR, or --journal off`,
  );

const lowestExisting = (path: string): string => (existsSync(path) ? path : lowestExisting(dirname(path)));

/** Permissions and a read-only file system are found without writing: a full disk must not keep what is journaled from being stored. */
const prepareDirectory = async (directory: string): Promise<void> => {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 }).catch(async (error: NodeJS.ErrnoException) => {
      // So it is said on a read-only file system; the folder in which it is to be made knows better.
      if (error.code === 'ENOENT') await access(lowestExisting(directory), constants.W_OK | constants.X_OK);
      throw error;
    });
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw cannotWrite(directory, error);
  }
};

const findSegment = async (path: string, base: number): Promise<FoundSegment> => {
  const file = await open(path, 'r');
  try {
    const { size: fileBytes } = await file.stat();
    const bytes = new Uint8Array(segmentHeaderBytes);
    const { bytesRead } = await file.read(bytes, 0, segmentHeaderBytes, 0);
    const header = readSegmentHeader(bytes.subarray(0, bytesRead));
    if (header !== undefined && header.format > journalFormat) throw newerFormat(path, 'it');
    const isValid = header?.base === base;
    const fault = isValid ? 'is of another journal' : 'has no valid header';
    return { path, base, fileBytes, journalId: isValid ? header.journalId : undefined, fault };
  } finally {
    await file.close();
  }
};

/** In order of position. Removes what a crash left unfinished: files without a name yet, and a segment without even a header. */
const findSegments = async (directory: string): Promise<FoundSegment[]> => {
  const found: FoundSegment[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (leftover.test(entry.name)) await unlink(path);
    const base = entry.isFile() ? baseOfSegmentFile(entry.name) : undefined;
    if (base === undefined) continue;
    const segment = await findSegment(path, base);
    if (segment.fileBytes === 0) await unlink(path);
    else found.push(segment);
  }
  return found.sort((a, b) => a.base - b.base);
};

/**
 * Behind all segments of ours, and behind those whose header is damaged: they were ours, too. Never at a position for which there is a
 * file: a segment without chunks, say.
 */
const goOnAt = (segments: readonly FoundSegment[], journalId: string, floor: number): number => {
  let next = floor;
  for (const segment of segments) {
    const isOurs = segment.journalId === journalId;
    const wasOurs = segment.journalId === undefined && segment.base <= maxClaimedBase;
    // A torn tail keeps its positions: the commit log may know them.
    if (isOurs || wasOurs) next = Math.max(next, segment.base + segment.fileBytes - segmentHeaderBytes);
  }
  next = Math.ceil(next / 8) * 8;
  const taken = new Set(segments.map(({ base }) => base));
  while (taken.has(next)) next += 8;
  return next;
};

const lastReceipt = async (segments: readonly FoundSegment[], journalId: string): Promise<number> => {
  for (const { path, base, journalId: id } of segments.toReversed()) {
    const micros = id === journalId ? await newestReceipt(path, base) : 0;
    if (micros > 0) return micros;
  }
  return 0;
};

const readJournal = async (
  options: OpenJournalOptions,
  lock: JournalLock,
): Promise<Omit<OpenedJournal, 'release'>> => {
  const { directory, nowMicros, floorOf } = options;
  const segments = await findSegments(directory);
  const idOfSegments = segments.findLast(({ journalId }) => journalId !== undefined)?.journalId;
  const identity = await readIdentity(directory, idOfSegments, nowMicros).catch((error: unknown) => {
    throw error instanceof ConfigError ? error : cannotWrite(directory, error);
  });
  const { journalId } = identity;
  const strangers = segments.filter((segment) => segment.journalId !== journalId);
  return {
    directory,
    journalId,
    nextPosition: goOnAt(segments, journalId, floorOf?.(journalId) ?? 0),
    lastMicros: await lastReceipt(segments, journalId),
    warnings: [
      ...lock.warnings,
      ...identity.warnings,
      ...strangers.map(({ path, fault }) => `${path} ${fault}: left alone`),
    ],
  };
};

/**
 * Locks the journal in `directory`, which is made when it is not there (mode 0700), until `release`. ConfigError: it cannot be written,
 * another collector has it, it is of a newer format, or journal.json is damaged and no segment tells the id.
 */
export const openJournal = async (options: OpenJournalOptions): Promise<OpenedJournal> => {
  await prepareDirectory(options.directory);
  const lock = await lockJournal(options.directory);
  try {
    return { ...(await readJournal(options, lock)), release: lock.release };
  } catch (error) {
    await lock.release();
    throw error;
  }
};
