/**
 * Messages WR-SG-CONNTRACE of Airlock Gateway: which connection to a back end carried which request. They come as bare objects, as hits of
 * Elasticsearch (`_source`, or `fields`, where each value is a list), as its search responses, as what its bulk API takes, and as lists of these.
 * Our own traces of `--print json` have the same keys.
 */

import { addressBytes } from '../../shared/wire/address.ts';
import { type FoundTime, readLogTime } from './log-time.ts';
import type { ProxyTrace, ProxyTuple } from './proxy-trace.ts';
import { readNumber } from './read-number.ts';
import { writeAddress } from './write-address.ts';

type Said = Readonly<Record<string, unknown>>;

/** What became of the values. */
export interface TraceCounts {
  /** Understood, and no trace: other messages, lines of the bulk API, requests that the proxy answered itself and that have no back end. */
  others: number;
  /** How many messages have something wrong, and what is wrong with the first; or that there are more than these. */
  problems: number;
  problem: string | undefined;
}

const traceId = 'WR-SG-CONNTRACE';
/** Lists of responses of hits. */
const maxDepth = 4;
const maxReasonChars = 200;
const ends = ['front_src', 'front_dst', 'back_src', 'back_dst'] as const;
const utc = { nowMicros: 0, zone: 'UTC' };
const found: FoundTime = { micros: 0, end: 0 };

const isObject = (value: unknown): value is Said =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value itself, or the only one of its list; empty: there is none. */
const textOf = (said: Said, key: string): string => {
  const value = said[key];
  const only: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return typeof only === 'string' ? only : typeof only === 'number' ? String(only) : '';
};

const addressOf = (said: Said, key: string): Uint8Array | undefined => {
  const text = textOf(said, key);
  const octets = new Uint8Array(addressBytes);
  return writeAddress(text, 0, text.length, octets) === 0 ? undefined : octets;
};

const portOf = (said: Said, key: string): number => {
  const text = textOf(said, key);
  const port = readNumber(text, 0, text.length);
  return port <= 0xffff ? port : -1;
};

/** @returns the tuple, or the key whose value is wrong. */
const tupleOf = (said: Said, side: 'front' | 'back'): ProxyTuple | string => {
  const src = addressOf(said, `${side}_src_ip`);
  const dst = addressOf(said, `${side}_dst_ip`);
  const srcPort = portOf(said, `${side}_src_port`);
  const dstPort = portOf(said, `${side}_dst_port`);
  if (src === undefined) return `${side}_src_ip`;
  if (dst === undefined) return `${side}_dst_ip`;
  if (srcPort < 0) return `${side}_src_port`;
  if (dstPort < 0) return `${side}_dst_port`;
  return { src, dst, srcPort, dstPort };
};

const hasNone = (said: Said, side: 'front' | 'back'): boolean =>
  ends.every(
    (end) =>
      !end.startsWith(side) || (textOf(said, `${end}_ip`) === '' && textOf(said, `${end}_port`) === ''),
  );

/** @returns the trace; what is wrong; or undefined: it is another message, or has no back end. */
const traceOf = (said: Said): ProxyTrace | string | undefined => {
  const id = textOf(said, 'log_id');
  const isMeant = id === '' ? ends.every((end) => said[`${end}_ip`] !== undefined) : id === traceId;
  if (!isMeant || hasNone(said, 'back')) return undefined;
  const front = tupleOf(said, 'front');
  const back = tupleOf(said, 'back');
  if (typeof front === 'string') return `${front} is missing or wrong`;
  if (typeof back === 'string') return `${back} is missing or wrong`;
  const client = addressOf(said, 'client_ip');
  if (client === undefined && textOf(said, 'client_ip') !== '') return 'client_ip is no address';
  const time = textOf(said, '@timestamp') || textOf(said, 'timestamp');
  if (!readLogTime(time, 0, utc, found) || found.end !== time.length)
    return '@timestamp is missing or no time';
  return {
    atMicros: found.micros,
    front,
    back,
    requestId: textOf(said, 'req_id'),
    sessionId: textOf(said, 'sess_id'),
    mapping: textOf(said, 'mapping'),
    client,
    host: textOf(said, 'host'),
  };
};

const readHit = (said: unknown): ProxyTrace | string | undefined =>
  isObject(said) ? traceOf(said) : undefined;

/** An answer of Elasticsearch that has no hits, because it cannot have any; undefined: it is none. */
const findFailure = ({ error, status }: Said): string | undefined => {
  if (error === undefined || typeof status !== 'number') return undefined;
  const reason = isObject(error) ? `${textOf(error, 'type')} ${textOf(error, 'reason')}` : String(error);
  return `Elasticsearch answers with an error: status ${status} ${reason.slice(0, maxReasonChars)}`.trim();
};

const readMessage = (said: Said, emit: (trace: ProxyTrace) => void, counts: TraceCounts): void => {
  const { _source: source, fields } = said;
  const isHit = isObject(source) || isObject(fields);
  // Who asks for some fields only may get a source that is empty, or has only some.
  const trace = isHit ? (readHit(source) ?? readHit(fields)) : traceOf(said);
  const failure = isHit || trace !== undefined ? undefined : findFailure(said);
  if (failure !== undefined) {
    counts.problems++;
    counts.problem ??= failure;
  } else if (trace === undefined) counts.others++;
  else if (typeof trace === 'string') {
    counts.problems++;
    counts.problem ??= trace;
  } else emit(trace);
};

/** Nobody sees that a search has found more than was asked for. Who turns pages knows. */
const findMissing = ({ hits, _scroll_id: scroll, pit_id: pit }: Said): string | undefined => {
  if (!isObject(hits) || !Array.isArray(hits.hits) || scroll !== undefined || pit !== undefined)
    return undefined;
  const { total } = hits;
  const found = isObject(total) ? total.value : total;
  if (typeof found !== 'number' || found < hits.hits.length) return undefined;
  const isAtLeast = isObject(total) && total.relation === 'gte';
  if (found === hits.hits.length && !isAtLeast) return undefined;
  return `the response has ${hits.hits.length} hits of ${isAtLeast ? 'at least ' : ''}${found}: ask for more, or page by page`;
};

/** The hits of a search response, the responses of several searches, or the value itself. */
const listOf = (value: unknown): unknown => {
  if (!isObject(value)) return value;
  const { hits, responses } = value;
  if (isObject(hits) && Array.isArray(hits.hits)) return hits.hits;
  return Array.isArray(responses) ? responses : value;
};

const readValue = (
  value: unknown,
  emit: (trace: ProxyTrace) => void,
  counts: TraceCounts,
  depth: number,
): void => {
  const list = listOf(value);
  if (isObject(value)) counts.problem ??= findMissing(value);
  if (Array.isArray(list) && depth < maxDepth)
    for (const item of list) readValue(item, emit, counts, depth + 1);
  else if (isObject(value)) readMessage(value, emit, counts);
  else {
    counts.problems++;
    counts.problem ??= 'it is no JSON object';
  }
};

/** Gives every trace in a JSON value, which may be anything, to `emit`. */
export const readTraces = (value: unknown, emit: (trace: ProxyTrace) => void): TraceCounts => {
  const counts: TraceCounts = { others: 0, problems: 0, problem: undefined };
  readValue(value, emit, counts, 0);
  return counts;
};
