/** The receiving side put together: journal, sockets, and the way of chunks between them. What is wrong with them is said at once. */

import type { Log } from '../shared/service/log.ts';
import { ChunkRoute } from './chunk-route.ts';
import type { CollectOptions, JournalOptions } from './collect-options.ts';
import { listCheckpoints } from './journal/checkpoint-file.ts';
import { readCommitLog } from './journal/commit-log.ts';
import { defaultJournalMaxBytes } from './journal/default-max.ts';
import { defaultSegmentBytes } from './journal/journal-format.ts';
import { JournalWriter } from './journal/journal-writer.ts';
import { openJournal } from './journal/open-journal.ts';
import { listSegments } from './journal/segment-list.ts';
import type { LedgerJournal } from './ledger/ledger-messages.ts';
import { parseAllowList } from './receive/allow-list.ts';
import { parseListenUrl } from './receive/listen-url.ts';
import { Reception } from './receive/reception.ts';

/** A full journal goes segment by segment: one must not be much of it. */
const segmentsAtLeast = 8;
const smallestSegmentBytes = 1 << 20;

/** The ledger keeps the journal within its size. Where it cannot, as it waits to settle what the last run left, no more is written than this. */
const beyondMax = 1.25;

const nowMicros = (): number => Date.now() * 1000;

export interface ReceivingSide {
  readonly reception: Reception;
  readonly route: ChunkRoute;
  readonly journalWriter: JournalWriter | undefined;
  readonly journal: LedgerJournal | undefined;
  /** Groups of columns of the batches that the last run left under way: they are stored as they were begun. */
  readonly openGroups: readonly string[];
  /** Reads what the kernel still holds; when it resolves, all that came is in the journal, or handed on. Again: waits for the first. */
  close(): Promise<void>;
  /** Lets another collector have the journal: when nobody writes to it any more. */
  release(): Promise<void>;
}

interface Opened {
  readonly journal: LedgerJournal;
  /** Times of receipt go on behind it. */
  readonly lastMicros: number;
  /** Groups of columns of the batches that the last run left under way. */
  readonly openGroups: readonly string[];
  release(): Promise<void>;
}

const openOwnJournal = async (options: JournalOptions, log: Log): Promise<Opened> => {
  const { directory } = options;
  const opened = await openJournal({
    directory,
    nowMicros,
    // What was written last may be gone after a loss of power, while the log knows of it.
    floorOf: (journalId) =>
      Math.max(
        readCommitLog(directory, journalId).resumeFrom,
        listCheckpoints(directory).at(-1)?.position ?? 0,
      ),
  });
  try {
    for (const warning of opened.warnings) log.warn(warning);
    const { open, options: lastOptions } = readCommitLog(directory, opened.journalId);
    const lastMicros = Math.max(opened.lastMicros, ...open.map((intent) => intent.lastMicros));
    const journal = {
      directory,
      id: opened.journalId,
      position: opened.nextPosition,
      bytes: listSegments(directory, opened.journalId).reduce((sum, { bytes }) => sum + bytes, 0),
      maxBytes: options.maxBytes ?? (await defaultJournalMaxBytes(directory)),
      keepMicros: options.keepMs * 1000,
      durable: options.sync !== 'off',
    };
    const openGroups = open.length > 0 ? (lastOptions?.groups ?? []) : [];
    return { journal, lastMicros, openGroups, release: () => opened.release() };
  } catch (error) {
    await opened.release();
    throw error;
  }
};

/** `journalBytes`: of all segments, as far as one knows. */
export const openReceivingSide = async (
  options: CollectOptions,
  log: Log,
  journalBytes: () => number,
): Promise<ReceivingSide> => {
  // What is wrong with the words is said before anything is made.
  const allow = parseAllowList(options.allow);
  for (const url of options.listen) parseListenUrl(url);
  const opened = options.journal && (await openOwnJournal(options.journal, log));
  if (!opened) log.warn('--journal off: what was received and is not stored is lost when the collector ends');
  const journal = opened?.journal;
  let journalWriter: JournalWriter | undefined;
  const makeWriter =
    journal &&
    ((onDone: ChunkRoute['done']): JournalWriter => {
      const fitting = Math.max(smallestSegmentBytes, Math.floor(journal.maxBytes / segmentsAtLeast));
      journalWriter = new JournalWriter({
        directory: journal.directory,
        journalId: journal.id,
        segmentBytes: Math.min(defaultSegmentBytes, fitting),
        sync: options.journal?.sync ?? 'off',
        nowMicros,
        isFull: () => journalBytes() > beyondMax * journal.maxBytes,
        onDone,
      });
      return journalWriter;
    });
  let reception: Reception;
  const route = new ChunkRoute({ makeWriter, recycle: (chunk) => reception.writer.recycle(chunk) });
  try {
    reception = await Reception.open({
      listen: options.listen,
      allow,
      receiveBufferBytes: options.receiveBufferBytes,
      firstPosition: journal?.position ?? 0,
      afterMicros: opened?.lastMicros ?? 0,
      onChunk: (chunk, usedBytes) => route.take(chunk, usedBytes),
    });
  } catch (error) {
    await opened?.release();
    throw error;
  }
  const close = async (): Promise<void> => {
    await reception.close();
    await route.close();
  };
  let closed: Promise<void> | undefined;
  return {
    reception,
    route,
    journalWriter,
    journal,
    openGroups: opened?.openGroups ?? [],
    close: () => {
      closed ??= close();
      return closed;
    },
    release: async () => opened?.release(),
  };
};
