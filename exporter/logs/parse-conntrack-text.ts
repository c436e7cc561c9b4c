/**
 * Lines of conntrack(8) (-E and -L, with any of -o timestamp, id, ktimestamp, extended, labels, userspace) and of /proc/net/nf_conntrack:
 *
 *     [1795296620.408602]	    [NEW] ipv4     2 tcp      6 120 SYN_SENT src=192.0.2.10 dst=198.51.100.20 sport=53400 dport=80
 *     [UNREPLIED] src=198.51.100.20 dst=198.51.100.1 sport=80 dport=40386 id=3362695109
 *
 * (one line).
 */

import {
  type Connection,
  makeConnection,
  stateNames,
  statusBits,
  type Tuple,
} from '../observe/connection.ts';
import { clearLogged } from './clear-logged.ts';
import { type FoundTime, readLogTime } from './log-time.ts';
import type { LineContext, LineMeaning, LoggedConnection, ReadLine } from './logged-connection.ts';
import { readNumber } from './read-number.ts';
import { turnRound } from './turn-round.ts';
import { writeAddress } from './write-address.ts';

const kinds = { NEW: 'new', UPDATE: 'update', DESTROY: 'destroy' } as const;
const max = { octet: 0xff, port: 0xffff, word: 0xffffffff, count: Number.MAX_SAFE_INTEGER } as const;

/** Where the reading of a line is. */
interface Cursor {
  tuple: Tuple;
  /** How many tuples have begun, and how many addresses they have. */
  tuples: number;
  addresses: number;
  /** The next `id=` is that of ICMP. */
  isIcmpId: boolean;
  problem: string;
}

const spaceOrTab = (code: number): boolean => code === 0x20 || code === 0x09;

const cursor: Cursor = {
  tuple: makeConnection().original,
  tuples: 0,
  addresses: 0,
  isIcmpId: false,
  problem: '',
};

/** The number at `at`; what is wrong is remembered, and 0. */
const numberAt = (line: string, at: number, to: number, max: number): number => {
  const value = readNumber(line, at, to);
  if (value >= 0 && value <= max) return value;
  cursor.problem ||= `a value is no number from 0 to ${max}`;
  return 0;
};

const readAddress = (logged: LoggedConnection, line: string, at: number, to: number, into: Uint8Array) => {
  const family = writeAddress(line, at, to, into);
  if (family === 0) cursor.problem ||= 'src= or dst= has no address';
  else logged.connection.family = family;
  cursor.addresses++;
};

const readPackets = (connection: Connection, value: number): void => {
  connection.hasCounters = true;
  if (cursor.tuples > 1) connection.reversePackets = value;
  else connection.packets = value;
};

const readOctets = (connection: Connection, value: number): void => {
  if (cursor.tuples > 1) connection.reverseOctets = value;
  else connection.octets = value;
};

/** `key=value`, whose value is from `at` up to `to`. */
const readField = (logged: LoggedConnection, key: string, line: string, at: number, to: number): void => {
  const { connection } = logged;
  switch (key) {
    case 'src':
      cursor.tuple = cursor.tuples++ === 0 ? connection.original : connection.reply;
      readAddress(logged, line, at, to, cursor.tuple.src);
      return;
    case 'dst':
      readAddress(logged, line, at, to, cursor.tuple.dst);
      return;
    case 'sport':
    case 'srckey':
      cursor.tuple.srcPort = numberAt(line, at, to, max.port);
      return;
    case 'dport':
    case 'dstkey':
      cursor.tuple.dstPort = numberAt(line, at, to, max.port);
      return;
    case 'packets':
      readPackets(connection, numberAt(line, at, to, max.count));
      return;
    case 'bytes':
      readOctets(connection, numberAt(line, at, to, max.count));
      return;
    case 'type':
      cursor.tuple.icmpType = numberAt(line, at, to, max.octet);
      return;
    case 'code':
      cursor.tuple.icmpCode = numberAt(line, at, to, max.octet);
      cursor.isIcmpId = true;
      return;
    case 'id':
      if (cursor.isIcmpId) cursor.tuple.icmpId = numberAt(line, at, to, max.port);
      else connection.id = numberAt(line, at, to, max.word);
      return;
    case 'mark':
      connection.mark = numberAt(line, at, to, max.word);
      return;
    // A zone may be of one direction only.
    case 'zone':
    case 'zone-orig':
    case 'zone-reply':
      connection.zone ||= numberAt(line, at, to, max.port);
      return;
    case 'helper':
      connection.helper = line.slice(at, to);
      return;
    case 'portid':
      connection.portId = numberAt(line, at, to, max.word);
      return;
  }
};

const found: FoundTime = { micros: 0, end: 0 };

/** `[ASSURED]`, `[start=Sat Nov 21 21:30:20 2026]`. @returns where it ends. */
const readBracket = (logged: LoggedConnection, line: string, from: number, context: LineContext): number => {
  const { connection } = logged;
  const close = line.indexOf(']', from);
  if (close < 0) return line.length;
  if (line.startsWith('UNREPLIED', from + 1)) connection.status &= ~statusBits.seenReply;
  else if (line.startsWith('ASSURED', from + 1)) connection.status |= statusBits.assured;
  else if (line.startsWith('HW_OFFLOAD', from + 1))
    connection.status |= statusBits.offload | statusBits.hardwareOffload;
  else if (line.startsWith('OFFLOAD', from + 1)) connection.status |= statusBits.offload;
  else if (line.startsWith('start=', from + 1)) {
    if (readLogTime(line, from + 7, context, found)) connection.startMicros = found.micros;
  } else if (line.startsWith('stop=', from + 1)) {
    if (readLogTime(line, from + 6, context, found)) connection.stopMicros = found.micros;
  }
  return close + 1;
};

/** All from `src=` on. */
const readFields = (logged: LoggedConnection, line: string, from: number, context: LineContext): void => {
  cursor.tuples = 0;
  cursor.addresses = 0;
  cursor.isIcmpId = false;
  cursor.problem = '';
  for (let at = from; at < line.length; ) {
    const code = line.charCodeAt(at);
    if (spaceOrTab(code)) at++;
    else if (code === 0x5b) at = readBracket(logged, line, at, context);
    else {
      let end = line.indexOf(' ', at);
      if (end < 0) end = line.length;
      const is = line.indexOf('=', at);
      const wasCode = cursor.isIcmpId;
      if (is > 0 && is < end) readField(logged, line.slice(at, is), line, is + 1, end);
      if (wasCode) cursor.isIcmpId = false;
      at = end + 1;
    }
  }
};

/** The words before `src=`: `ipv4 2 tcp 6 120 SYN_SENT`, of which only name and number of the protocol are always there. */
const readHead = (logged: LoggedConnection, line: string, from: number, to: number): LineMeaning => {
  const { connection } = logged;
  const words = line.slice(from, to).trim().split(/\s+/);
  // An expectation, which begins with its timeout.
  if (words.some((word) => word.startsWith('proto='))) return 'other';
  let next = words[0] === 'ipv4' || words[0] === 'ipv6' ? 2 : 0;
  const number = words[next + 1] ?? '';
  connection.protocol = readNumber(number, 0, number.length);
  if (connection.protocol < 0 || connection.protocol > max.octet)
    return { problem: 'there is no number of a protocol before src=' };
  next += 2;
  const timeout = words[next] ?? '';
  const seconds = readNumber(timeout, 0, timeout.length);
  if (seconds >= 0) {
    connection.timeoutSeconds = seconds;
    next++;
  }
  connection.state = stateNames[connection.protocol]?.indexOf(words[next] ?? '') ?? -1;
  return 'connection';
};

/** Reads what is before `src=`. */
const readStart = (
  logged: LoggedConnection,
  line: string,
  tuplesAt: number,
  context: LineContext,
): LineMeaning => {
  const { connection } = logged;
  let at = 0;
  if (readLogTime(line, 0, context, found) && found.end < tuplesAt) {
    connection.eventMicros = found.micros;
    at = found.end;
  }
  const open = line.lastIndexOf('[', tuplesAt);
  if (open >= at) {
    const close = line.indexOf(']', open);
    const word = line.slice(open + 1, close);
    if (word === 'NEW' || word === 'UPDATE' || word === 'DESTROY') {
      connection.kind = kinds[word];
      at = close + 1;
    }
  }
  return readHead(logged, line, at, tuplesAt);
};

/** What is about no connection: `conntrack v1.4.7 (conntrack-tools): 12 flow entries have been shown.` */
const isHeader = (line: string): boolean => line.startsWith('conntrack v') || line.trim() === '';

/**
 * Labels are left out, since their names are the logging host's own. A DESTROY does not say when the last packet was; `stopMicros` is when the connection expired.
 */
export const parseConntrackText: ReadLine = (line, into, context) => {
  const tuplesAt = line.indexOf(' src=');
  if (tuplesAt < 0)
    return isHeader(line) ? 'other' : { problem: 'it is no line of ulogd, conntrack, or our own' };
  clearLogged(into);
  const { connection } = into;
  // A line is of an entry in the table; a log that says nothing of the status leaves it 0.
  connection.status = statusBits.confirmed | statusBits.seenReply;
  const meaning = readStart(into, line, tuplesAt, context);
  if (meaning !== 'connection') return meaning;
  readFields(into, line, tuplesAt + 1, context);
  if (cursor.problem !== '') return { problem: cursor.problem };
  if (cursor.tuples > 2 || cursor.addresses !== 2 * cursor.tuples)
    return { problem: 'it has not one src= and one dst= for each of its directions' };
  if (cursor.tuples === 1) turnRound(connection.original, connection.reply);
  return 'connection';
};
