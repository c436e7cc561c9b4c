/**
 * Lines that ulogd's PRINTFLOW words and LOGEMU or a syslog daemon writes, and our own of `--print log`:
 *
 *     Feb 22 11:59:43 ice-age2 [NEW] ORIG: SRC=192.168.1.129 DST=68.232.35.139 PROTO=TCP SPT=60846 DPT=443 PKTS=0 BYTES=0 ,
 *     REPLY: SRC=68.232.35.139 DST=1.2.3.4 PROTO=TCP SPT=443 DPT=60946 PKTS=0 BYTES=0
 *
 * (one line).
 */

import type { Connection, Tuple } from '../observe/connection.ts';
import { clearLogged } from './clear-logged.ts';
import { type FoundTime, readLogTime } from './log-time.ts';
import type { LineContext, LoggedConnection, ReadLine } from './logged-connection.ts';
import { readNumber } from './read-number.ts';
import { answerType } from './turn-round.ts';
import { writeAddress } from './write-address.ts';

const protocols = new Map([
  ['TCP', 6],
  ['UDP', 17],
  ['ICMP', 1],
  ['ICMPv6', 58],
  ['ESP', 50],
  ['AH', 51],
  ['SCTP', 132],
  ['UDPLITE', 136],
]);
const kinds = new Map<string, Connection['kind']>([
  ['NEW', 'new'],
  ['UPDATE', 'update'],
  ['DESTROY', 'destroy'],
]);
/** Only these begin a connection of ICMP or ICMPv6. */
const requests = new Set([8, 13, 15, 17, 128, 139]);

const found: FoundTime = { micros: 0, end: 0 };

/** What the words of one direction say. */
interface Direction {
  family: 4 | 6 | 0;
  addresses: number;
  protocol: number;
  packets: number;
  octets: number;
  mark: number;
  zone: number;
  hasNatEvent: boolean;
  problem: string;
}

const makeDirection = (): Direction => ({
  family: 0,
  addresses: 0,
  protocol: -1,
  packets: 0,
  octets: 0,
  mark: 0,
  zone: 0,
  hasNatEvent: false,
  problem: '',
});

const readProtocol = (line: string, from: number, to: number): number => {
  const number = readNumber(line, from, to);
  return number >= 0 && number <= 0xff ? number : (protocols.get(line.slice(from, to)) ?? -1);
};

const readAddress = (
  direction: Direction,
  line: string,
  from: number,
  to: number,
  into: Uint8Array,
): void => {
  direction.family = writeAddress(line, from, to, into);
  direction.addresses++;
  if (direction.family === 0) direction.problem = 'SRC= or DST= has no address';
};

const numberAt = (direction: Direction, line: string, at: number, to: number, max: number): number => {
  const value = readNumber(line, at, to);
  if (value >= 0 && value <= max) return value;
  direction.problem = `a value is no number from 0 to ${max}`;
  return 0;
};

const readWord = (
  direction: Direction,
  tuple: Tuple,
  line: string,
  from: number,
  is: number,
  to: number,
): void => {
  const key = line.slice(from, is);
  const at = is + 1;
  if (key === 'SRC') readAddress(direction, line, at, to, tuple.src);
  else if (key === 'DST') readAddress(direction, line, at, to, tuple.dst);
  else if (key === 'PROTO') direction.protocol = readProtocol(line, at, to);
  else if (key === 'SPT') tuple.srcPort = numberAt(direction, line, at, to, 0xffff);
  else if (key === 'DPT') tuple.dstPort = numberAt(direction, line, at, to, 0xffff);
  else if (key === 'PKTS') direction.packets = numberAt(direction, line, at, to, Number.MAX_SAFE_INTEGER);
  else if (key === 'BYTES') direction.octets = numberAt(direction, line, at, to, Number.MAX_SAFE_INTEGER);
  else if (key === 'TYPE') tuple.icmpType = numberAt(direction, line, at, to, 0xff);
  else if (key === 'CODE') tuple.icmpCode = numberAt(direction, line, at, to, 0xff);
  else if (key === 'MARK') direction.mark = numberAt(direction, line, at, to, 0xffffffff);
  else if (key === 'ZONE') direction.zone = numberAt(direction, line, at, to, 0xffff);
  else if (key === 'NATEVENT') direction.hasNatEvent = true;
};

const readDirection = (
  direction: Direction,
  tuple: Tuple,
  line: string,
  from: number,
  end: number,
): string | undefined => {
  direction.addresses = 0;
  direction.protocol = -1;
  direction.packets = 0;
  direction.octets = 0;
  direction.mark = 0;
  direction.zone = 0;
  direction.hasNatEvent = false;
  direction.problem = '';
  for (let at = from; at < end; ) {
    let to = line.indexOf(' ', at);
    if (to < 0 || to > end) to = end;
    const is = line.indexOf('=', at);
    if (is > at && is < to) readWord(direction, tuple, line, at, is, to);
    at = to + 1;
  }
  if (direction.problem !== '') return direction.problem;
  if (direction.addresses !== 2) return 'a direction has not one SRC= and one DST=';
  return direction.protocol < 0 ? 'PROTO= is no protocol' : undefined;
};

const original = makeDirection();
const reply = makeDirection();

/**
 * ulogd 2.0.8 writes the code as TYPE and the type as CODE, those of the original for both directions. One that does not is seen by its
 * type, which must be that of a request.
 */
const setIcmp = (logged: LoggedConnection, isOurs: boolean): void => {
  const { original, reply } = logged.connection;
  const { icmpType, icmpCode } = original;
  const isInOrder = isOurs || (requests.has(icmpType) && !requests.has(icmpCode));
  if (!isInOrder) {
    original.icmpType = icmpCode;
    original.icmpCode = icmpType;
  }
  reply.icmpType = answerType(original.icmpType);
  reply.icmpCode = original.icmpCode;
};

/** Reads the time and the kind. @returns whether the line is ours: its time is at once followed by the kind, while others have a host between. */
const readStart = (
  logged: LoggedConnection,
  line: string,
  tupleAt: number,
  context: LineContext,
): boolean => {
  const { connection } = logged;
  const timeAt = line.charCodeAt(0) === 0x3c ? line.indexOf('>') + 1 : 0;
  // RFC 5424 has its version before the time.
  const isSyslog = line.startsWith('1 ', timeAt);
  const hasTime = readLogTime(line, isSyslog ? timeAt + 2 : timeAt, context, found) && found.end < tupleAt;
  if (hasTime) connection.eventMicros = found.micros;
  const close = line.lastIndexOf(']', tupleAt);
  const open = line.lastIndexOf('[', close);
  connection.kind = kinds.get(line.slice(open + 1, close)) ?? 'dump';
  const between = line.slice(hasTime ? found.end : 0, Math.max(open, 0)).trim();
  return between === '' ? hasTime && timeAt === 0 : between === '-';
};

/** Ours of many flows, or of a request that a proxy passed on. */
const isOther = (line: string, tupleAt: number): boolean =>
  line.endsWith('[AGGREGATE] ', tupleAt) || line.endsWith('[TRACE] ', tupleAt);

/** Counters of 0 are those of a kernel that does not count, or of an event that has none. */
export const parseUlogdText: ReadLine = (line, into, context) => {
  const tupleAt = line.indexOf('ORIG: ');
  const replyAt = line.indexOf(', REPLY: ', tupleAt);
  if (tupleAt < 0 || replyAt < 0) return { problem: 'it has not both ORIG: and REPLY:' };
  if (isOther(line, tupleAt)) return 'other';
  clearLogged(into);
  const { connection } = into;
  const isOurs = readStart(into, line, tupleAt, context);
  const problem =
    readDirection(original, connection.original, line, tupleAt + 6, replyAt) ??
    readDirection(reply, connection.reply, line, replyAt + 9, line.length);
  if (problem !== undefined) return { problem };
  // It says again what the line of the connection says.
  if (reply.hasNatEvent) return 'other';
  connection.family = original.family === 6 ? 6 : 4;
  connection.protocol = original.protocol;
  connection.mark = reply.mark;
  connection.zone = reply.zone;
  connection.packets = original.packets;
  connection.octets = original.octets;
  connection.reversePackets = reply.packets;
  connection.reverseOctets = reply.octets;
  connection.hasCounters = original.packets > 0 || reply.packets > 0;
  if (connection.protocol === 1 || connection.protocol === 58) setIcmp(into, isOurs);
  return 'connection';
};
