/** `flowledger journal ls`: the segments of the journal, and how far the ledger has come with them. */

import type { Writable } from 'node:stream';
import { formatBytes, formatTotal } from '../../shared/service/format-quantity.ts';
import { formatMicros } from '../../shared/wire/timestamp.ts';
import type { Output } from '../ask/sql-command.ts';
import { formatTable, type TableColumn } from '../ask/text-table.ts';
import { LineWriter } from '../decode-file/line-writer.ts';
import { type Segment, surveySegments } from '../journal/segment-list.ts';
import { countSegment, type SegmentCount } from './count-segment.ts';
import { findJournal } from './find-journal.ts';
import { type JournalProgress, readProgress, type SegmentState, stateOf } from './journal-progress.ts';

export interface ListOptions {
  readonly directory: string;
  readonly json: boolean;
  /** Reads every octet, so that damage inside of chunks is seen. */
  readonly check?: boolean | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

interface ListedSegment extends SegmentCount {
  readonly segment: Segment;
  readonly state: SegmentState;
}

const columns: readonly TableColumn[] = [
  { title: 'base', align: 'right' },
  { title: 'size', align: 'right' },
  { title: 'chunks', align: 'right' },
  { title: 'frames', align: 'right' },
  { title: 'first received' },
  { title: 'last received' },
  { title: 'state' },
  { title: 'damaged', align: 'right' },
];

const timeOf = (micros: number | undefined): string | undefined =>
  micros === undefined ? undefined : (formatMicros(micros) ?? String(micros));

const cellsOf = (listed: ListedSegment): readonly string[] => [
  String(listed.segment.base),
  formatBytes(listed.segment.bytes),
  String(listed.chunks),
  String(listed.frames),
  timeOf(listed.firstMicros) ?? '-',
  timeOf(listed.lastMicros) ?? '-',
  listed.state,
  listed.damagedBytes === 0 ? '-' : formatBytes(listed.damagedBytes),
];

const jsonOf = ({
  segment,
  state,
  chunks,
  frames,
  firstMicros,
  lastMicros,
  damagedBytes,
}: ListedSegment) => ({
  file: segment.path,
  base: segment.base,
  end: segment.end,
  bytes: segment.bytes,
  chunks,
  frames,
  first: timeOf(firstMicros),
  last: timeOf(lastMicros),
  state,
  damagedBytes,
});

const totalOf = (listed: readonly ListedSegment[], of: (one: ListedSegment) => number): number =>
  listed.reduce((sum, one) => sum + of(one), 0);

/** Lines of `title  text`, below the table. */
const summaryOf = (
  journalId: string,
  listed: readonly ListedSegment[],
  progress: JournalProgress,
): string => {
  const { settledTo, neededFrom, loggedTo, openBatches, checkpoints } = progress;
  const damagedBytes = totalOf(listed, (one) => one.damagedBytes);
  const waitingBytes = totalOf(listed, ({ segment: { base, end } }) =>
    Math.max(0, end - Math.max(base, settledTo)),
  );
  const open =
    openBatches > 0
      ? `, ${openBatches} ${openBatches === 1 ? 'batch' : 'batches'} begun and not acknowledged`
      : '';
  const points = checkpoints.map(
    ({ position, settled }) => `at ${position}${settled ? ' (all before it stored)' : ''}`,
  );
  const held = [
    formatTotal(listed.length, 'segment'),
    formatBytes(totalOf(listed, ({ segment }) => segment.bytes)),
    formatTotal(
      totalOf(listed, ({ frames }) => frames),
      'frame',
    ),
    ...(damagedBytes > 0 ? [`${formatTotal(damagedBytes, 'octet')} damaged`] : []),
  ];
  const lines: readonly (readonly [string, string])[] = [
    ['journal', journalId],
    ['holds', held.join(', ')],
    ['waiting', waitingBytes === 0 ? 'nothing' : `${formatBytes(waitingBytes)} from ${settledTo} on${open}`],
    ['commit log', `up to ${loggedTo}`],
    ['checkpoints', points.length === 0 ? 'none' : points.join(', ')],
    ['needed', `from ${neededFrom} on at the next start`],
  ];
  return lines.map(([title, text]) => `${title.padEnd(13)}${text}\n`).join('');
};

const list = (options: ListOptions, journalId: string, progress: JournalProgress, err: Writable) => {
  const { directory, check = false } = options;
  const { segments, strangers } = surveySegments(directory, journalId);
  for (const { path, reason } of strangers) err.write(`${path} is left alone: ${reason}\n`);
  return segments.flatMap((segment, i): readonly ListedSegment[] => {
    const isNewest = i === segments.length - 1;
    const count = countSegment(segment, { directory, journalId, isNewest, check });
    return count === undefined ? [] : [{ segment, state: stateOf(segment, progress), ...count }];
  });
};

/**
 * Prints the table and a summary to `out`, or with `json` one object a segment and nothing else; what is odd to `err`. It reads only and
 * takes no lock, so a collector may be at work. Resolves to the exit status: 0, also when something is damaged; 1 when it
 * cannot be read or `out` not be written.
 * @throws ConfigError when there is no journal, or it is of a newer format.
 */
export const runJournalLs = async (options: ListOptions, out: Output, err: Writable): Promise<number> => {
  const { directory, json, environment } = options;
  const journalId = findJournal(directory);
  const writer = new LineWriter(out);
  try {
    const progress = readProgress(directory, journalId);
    for (const warning of progress.warnings) err.write(`${warning}\n`);
    const listed = list(options, journalId, progress, err);
    if (json) for (const one of listed) writer.write(`${JSON.stringify(jsonOf(one))}\n`);
    else {
      const color = out.isTTY === true && !environment.NO_COLOR;
      writer.write(`${formatTable(columns, listed.map(cellsOf), { color })}\n`);
      writer.write(summaryOf(journalId, listed, progress));
    }
    await writer.end();
    return 0;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    err.write(`${error === writer.error ? `cannot write: ${error.message}` : error.message}\n`);
    return 1;
  }
};
