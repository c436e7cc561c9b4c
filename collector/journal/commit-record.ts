/**
 * What the commit log says, one record a line:
 *
 *     CRC-32 of the octets of the JSON, 8 lower-case hex digits   SPACE   JSON in UTF-8   NEWLINE
 */

import { crc32 } from 'node:zlib';
import type { ConfiguredExporter } from '../receive/configured-exporter.ts';

export const commitLogFormat = 1;

/** A batch about to be inserted: rows of the datagrams whose frames lie in `[start, end)`. */
export interface Intent {
  readonly batch: number;
  /** Positions of the journal. */
  readonly start: number;
  readonly end: number;
  /** Times of receipt of its first and last datagram, both included. */
  readonly firstMicros: number;
  readonly lastMicros: number;
  readonly rows: number;
  readonly token: string;
}

/** What decides, beside the frames, which rows an intent has: in force for the intents that follow. */
export interface CommitOptions {
  readonly groups: readonly string[];
  readonly keepExtra: boolean;
  readonly exporters: readonly ConfiguredExporter[];
  readonly version: string;
  /** Value of the column of that name. */
  readonly collector?: string | undefined;
}

/** Frames that were decoded, but not stored, because the journal was full. */
export interface Skip {
  readonly start: number;
  readonly end: number;
  readonly datagrams: number;
}

export type CommitRecord =
  | { readonly type: 'log'; readonly format: number; readonly journal: string }
  | ({ readonly type: 'options' } & CommitOptions)
  | ({ readonly type: 'intent' } & Intent)
  | { readonly type: 'commit'; readonly batch: number; readonly stored: number; readonly quarantined: number }
  | ({ readonly type: 'skip' } & Skip)
  /** All before `position` is settled, but for the intents that follow. Batch numbers go on with `nextBatch`. */
  | { readonly type: 'done'; readonly position: number; readonly nextBatch: number };

const crcDigits = 8;
const crcOf = (json: Uint8Array): string => crc32(json).toString(16).padStart(crcDigits, '0');

/** The record with its fields in the order in which they are written, and no others. */
const written = (record: CommitRecord): CommitRecord => {
  switch (record.type) {
    case 'log':
      return { type: 'log', format: record.format, journal: record.journal };
    case 'options': {
      const exporters = record.exporters.map(({ address, name, site, sampling }) => ({
        address,
        name,
        site,
        sampling,
      }));
      const { groups, keepExtra, version, collector } = record;
      return {
        type: 'options',
        groups,
        keepExtra,
        exporters,
        version,
        ...(collector !== undefined && { collector }),
      };
    }
    case 'intent': {
      const { batch, start, end, firstMicros, lastMicros, rows, token } = record;
      return { type: 'intent', batch, start, end, firstMicros, lastMicros, rows, token };
    }
    case 'commit': {
      const { batch, stored, quarantined } = record;
      return { type: 'commit', batch, stored, quarantined };
    }
    case 'skip':
      return { type: 'skip', start: record.start, end: record.end, datagrams: record.datagrams };
    case 'done':
      return { type: 'done', position: record.position, nextBatch: record.nextBatch };
  }
};

/** One line, its newline included. */
export const formatCommitRecord = (record: CommitRecord): string => {
  const json = JSON.stringify(written(record));
  return `${crcOf(Buffer.from(json))} ${json}\n`;
};

type Fields = Readonly<Record<string, unknown>>;

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isText = (value: unknown): value is string => typeof value === 'string';
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isConfiguredExporter = (value: unknown): boolean =>
  isFields(value) &&
  isText(value.address) &&
  /^[0-9a-f]{32}$/.test(value.address) &&
  isText(value.name) &&
  isText(value.site) &&
  isCount(value.sampling);
const isRange = (low: unknown, high: unknown): boolean => isCount(low) && isCount(high) && low <= high;

const hasShape: { readonly [Type in CommitRecord['type']]: (fields: Fields) => boolean } = {
  log: (f) => isCount(f.format) && f.format > 0 && isText(f.journal),
  options: (f) =>
    Array.isArray(f.groups) &&
    f.groups.every(isText) &&
    typeof f.keepExtra === 'boolean' &&
    Array.isArray(f.exporters) &&
    f.exporters.every(isConfiguredExporter) &&
    isText(f.version) &&
    (f.collector === undefined || isText(f.collector)),
  intent: (f) =>
    isCount(f.batch) &&
    isRange(f.start, f.end) &&
    isRange(f.firstMicros, f.lastMicros) &&
    isCount(f.rows) &&
    isText(f.token),
  commit: (f) => isCount(f.batch) && isCount(f.stored) && isCount(f.quarantined),
  skip: (f) => isRange(f.start, f.end) && isCount(f.datagrams),
  done: (f) => isCount(f.position) && isCount(f.nextBatch),
};

const isRecordType = (type: unknown): type is CommitRecord['type'] =>
  isText(type) && Object.hasOwn(hasShape, type);

/**
 * The record in the octets of a line, its newline left off. Undefined: CRC, JSON or shape is wrong. The format of a `log` record
 * may be newer than ours.
 */
export const parseCommitLine = (line: Uint8Array): CommitRecord | undefined => {
  const octets = Buffer.from(line.buffer, line.byteOffset, line.length);
  const json = octets.subarray(crcDigits + 1);
  if (octets.toString('latin1', 0, crcDigits + 1) !== `${crcOf(json)} `) return undefined;
  let fields: unknown;
  try {
    fields = JSON.parse(json.toString('utf8'));
  } catch {
    return undefined;
  }
  if (!isFields(fields) || !isRecordType(fields.type) || !hasShape[fields.type](fields)) return undefined;
  return written(fields as CommitRecord);
};
