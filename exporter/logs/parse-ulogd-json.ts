/**
 * Objects of ulogd's JSON output, one a line, with the keys that its versions have: addresses as `orig.ip.saddr.str` or `src_ip` (both are the
 * original's), ports as `orig.l4.sport` or `src_port`, the time as `timestamp` or `@timestamp`. Our own of `--print json` have more.
 */

import { type Connection, stateNames, statusBits } from '../observe/connection.ts';
import { clearLogged } from './clear-logged.ts';
import { type FoundTime, readLogTime, type TimeFrame } from './log-time.ts';
import type { LineContext, LineMeaning, LoggedConnection, ReadLine } from './logged-connection.ts';
import { readNumber } from './read-number.ts';
import { answerType, turnRound } from './turn-round.ts';
import { writeAddress } from './write-address.ts';

/** What of an object is read; any of it may be anything. */
type Said = Readonly<Record<string, unknown>>;

const kinds = new Map<number, Connection['kind']>([
  [1, 'new'],
  [2, 'update'],
  [4, 'destroy'],
]);
/** Of our own lines about flows of packets, which have no ct.event. */
const kindsOfWords = new Map<unknown, Connection['kind']>([
  ['interim', 'update'],
  ['destroy', 'destroy'],
]);
const statusWords = new Map([
  ['EXPECTED', statusBits.expected],
  ['SEEN_REPLY', statusBits.seenReply],
  ['ASSURED', statusBits.assured],
  ['CONFIRMED', statusBits.confirmed],
  ['SRC_NAT', statusBits.sourceNat],
  ['DST_NAT', statusBits.destinationNat],
  ['DYING', statusBits.dying],
  ['FIXED_TIMEOUT', statusBits.fixedTimeout],
  ['HELPER', statusBits.helper],
  ['OFFLOAD', statusBits.offload],
  ['HW_OFFLOAD', statusBits.hardwareOffload],
]);
const stateKeys = new Map([
  [6, 'tcp_state'],
  [33, 'dccp_state'],
  [132, 'sctp_state'],
]);
const hexLabels = /^[0-9a-f]{32}$/;

/** The first thing wrong with the line that is read; empty: nothing. */
let problem = '';

const wrong = (key: string, what: string): void => {
  problem ||= `${key} is no ${what}`;
};

/** 0: it is not said. Some writers have numbers as strings. */
const numberAt = (said: Said, key: string, max: number): number => {
  const value = said[key];
  if (value === undefined || value === null) return 0;
  const number = typeof value === 'string' ? readNumber(value, 0, value.length) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= max) return number;
  wrong(key, `number from 0 to ${max}`);
  return 0;
};

const port = (said: Said, key: string): number => numberAt(said, key, 0xffff);
const octet = (said: Said, key: string): number => numberAt(said, key, 0xff);
const word = (said: Said, key: string): number => numberAt(said, key, 0xffffffff);
const count = (said: Said, key: string): number => numberAt(said, key, Number.MAX_SAFE_INTEGER);

const writeInteger = (value: number, order: LineContext['integerAddresses'], into: Uint8Array): void => {
  into.fill(0, 0, 10);
  into[10] = 0xff;
  into[11] = 0xff;
  for (let i = 0; i < 4; i++) into[12 + i] = value >>> (order === 'host' ? 8 * i : 24 - 8 * i);
};

/** @returns the family; 0: neither key is there. */
const addressAt = (
  said: Said,
  textKey: string,
  commonKey: string,
  integerKey: string,
  context: LineContext,
  into: Uint8Array,
): 4 | 6 | 0 => {
  const value = said[textKey] ?? said[commonKey] ?? said[integerKey];
  if (value === undefined || value === null) return 0;
  if (typeof value === 'string') {
    const family = writeAddress(value, 0, value.length, into);
    if (family !== 0) return family;
  }
  const number = typeof value === 'string' ? readNumber(value, 0, value.length) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number > 0xffffffff)
    wrong(said[textKey] === undefined ? commonKey || integerKey : textKey, 'address');
  else writeInteger(number, context.integerAddresses, into);
  return 4;
};

const readTuples = (said: Said, connection: Connection, context: LineContext): boolean => {
  const { original, reply } = connection;
  const family = addressAt(said, 'orig.ip.saddr.str', 'src_ip', 'orig.ip.saddr', context, original.src);
  const ofDst = addressAt(said, 'orig.ip.daddr.str', 'dest_ip', 'orig.ip.daddr', context, original.dst);
  if (family === 0 || ofDst === 0) return false;
  connection.family = family;
  connection.protocol = octet(said, 'orig.ip.protocol');
  original.srcPort = port(said, said['orig.l4.sport'] === undefined ? 'src_port' : 'orig.l4.sport');
  original.dstPort = port(said, said['orig.l4.dport'] === undefined ? 'dest_port' : 'orig.l4.dport');
  const isIcmp6 = said['icmpv6.type'] !== undefined;
  original.icmpType = octet(said, isIcmp6 ? 'icmpv6.type' : 'icmp.type');
  original.icmpCode = octet(said, isIcmp6 ? 'icmpv6.code' : 'icmp.code');
  original.icmpId = port(said, 'icmp.echoid');
  const back = addressAt(said, 'reply.ip.saddr.str', '', 'reply.ip.saddr', context, reply.src);
  const backDst = addressAt(said, 'reply.ip.daddr.str', '', 'reply.ip.daddr', context, reply.dst);
  if (back === 0 || backDst === 0) {
    turnRound(original, reply);
    return true;
  }
  reply.srcPort = port(said, 'reply.l4.sport');
  reply.dstPort = port(said, 'reply.l4.dport');
  reply.icmpType = answerType(original.icmpType);
  reply.icmpCode = original.icmpCode;
  reply.icmpId = original.icmpId;
  return true;
};

/** Microseconds since 1970 of `KEY.sec` and `KEY.usec`; 0: not said. */
const instant = (said: Said, secondsKey: string, microsKey: string): number => {
  const seconds = word(said, secondsKey);
  return seconds === 0 ? 0 : seconds * 1e6 + numberAt(said, microsKey, 999_999);
};

const found: FoundTime = { micros: 0, end: 0 };

/**
 * ulogd leaves the zone of an ISO time out where its own is UTC; ctime(3) has none ever. Its times are often to the second, and a start or end
 * within that second is the better time.
 */
const readTimes = (said: Said, logged: LoggedConnection, context: LineContext): void => {
  const { connection } = logged;
  connection.startMicros = instant(said, 'flow.start.sec', 'flow.start.usec');
  logged.endMicros = instant(said, 'flow.end.sec', 'flow.end.usec');
  const text = said.timestamp ?? said['@timestamp'];
  if (typeof text !== 'string') return;
  const isIso = text.charCodeAt(10) === 0x54;
  const frame: TimeFrame = isIso ? { nowMicros: 0, zone: 'UTC' } : context;
  if (!readLogTime(text, 0, frame, found)) wrong('timestamp', 'time');
  const { micros } = found;
  const later = Math.max(connection.startMicros, logged.endMicros);
  connection.eventMicros = micros % 1e6 === 0 && later > micros && later < micros + 1e6 ? later : micros;
};

/**
 * What happened. Old versions have no ct.event; they say the end of what ended and the start of what began. A line without both tells that the
 * connection was there.
 */
const kindOf = (said: Said, logged: LoggedConnection): Connection['kind'] => {
  const kind = kinds.get(word(said, 'ct.event')) ?? kindsOfWords.get(said.event);
  if (kind !== undefined) return kind;
  if (logged.endMicros !== 0) return 'destroy';
  return logged.connection.startMicros !== 0 ? 'new' : 'dump';
};

/** Zeros are those of a kernel that does not count, or of an event that has none. */
const readCounters = (said: Said, connection: Connection): void => {
  connection.packets = count(said, 'orig.raw.pktcount');
  connection.octets = count(said, 'orig.raw.pktlen');
  connection.reversePackets = count(said, 'reply.raw.pktcount');
  connection.reverseOctets = count(said, 'reply.raw.pktlen');
  connection.hasCounters = connection.packets > 0 || connection.reversePackets > 0;
};

/** What only our own lines have. */
const readOwn = (said: Said, connection: Connection): void => {
  connection.zone = port(said, 'zone');
  const { status, helper, labels } = said;
  if (Array.isArray(status))
    for (const name of status)
      connection.status |= typeof name === 'string' ? (statusWords.get(name) ?? 0) : 0;
  const state = said[stateKeys.get(connection.protocol) ?? ''];
  if (typeof state === 'string') connection.state = stateNames[connection.protocol]?.indexOf(state) ?? -1;
  if (typeof helper === 'string') connection.helper = helper;
  if (typeof labels === 'string' && hexLabels.test(labels)) connection.labels = labels;
};

/** Packets that ulogd logs (NFLOG), our aggregates and traces, and translations, which say again what the line of the connection says. */
const isOther = (said: Said): boolean =>
  said['oob.prefix'] !== undefined ||
  said['ip.protocol'] !== undefined ||
  said.event === 'aggregate' ||
  said.event === 'trace' ||
  said.nat_event !== undefined;

const readSaid = (said: Said, into: LoggedConnection, context: LineContext): LineMeaning => {
  const { connection } = into;
  if (isOther(said)) return 'other';
  if (said['orig.ip.protocol'] === undefined) return { problem: 'it has no orig.ip.protocol' };
  clearLogged(into);
  if (!readTuples(said, connection, context))
    return { problem: 'it has no addresses: the stack of ulogd needs IP2STR before JSON' };
  readTimes(said, into, context);
  connection.kind = kindOf(said, into);
  readCounters(said, connection);
  connection.id = word(said, 'ct.id');
  connection.mark = word(said, 'ct.mark');
  if (said.dvc === undefined) readOwn(said, connection);
  return 'connection';
};

const parseObject = (line: string): Said | undefined => {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Said) : undefined;
  } catch {
    return undefined;
  }
};

export const parseUlogdJson: ReadLine = (line, into, context) => {
  const said = parseObject(line);
  if (said === undefined) return { problem: 'it is no JSON object' };
  problem = '';
  const meaning = readSaid(said, into, context);
  return problem === '' ? meaning : { problem };
};
