/**
 * Decoding of conntrack messages (linux/netfilter/nfnetlink_conntrack.h). Values are in network order; attributes come in any order,
 * and those that are not known are passed over.
 */

import { type Connection, clearConnection } from './connection.ts';
import {
  attributeHeaderBytes,
  findAttributeEnd,
  findNextAttribute,
  readAttributeType,
} from './netlink-attribute.ts';
import { isLittleEndian, messageFlags, messageTypes, netfilterHeaderBytes } from './netlink-message.ts';
import { readTuple, type TupleFacts } from './read-tuple.ts';

const inet = 2;
const inet6 = 10;
const labelBytes = 16;
/** The kernel's names of helpers have 16 octets at most (NF_CT_HELPER_NAME_LEN). */
const maxHelperBytes = 16;

const attributes = {
  tupleOriginal: 1,
  tupleReply: 2,
  status: 3,
  protocolInfo: 4,
  help: 5,
  timeout: 7,
  mark: 8,
  countersOriginal: 9,
  countersReply: 10,
  id: 12,
  zone: 18,
  timestamp: 20,
  labels: 22,
  timestampEvent: 27,
} as const;
/** Attribute 1 of CTA_HELP; of CTA_PROTOINFO_TCP, _DCCP and _SCTP, whose types are 1 to 3; of CTA_COUNTERS; of CTA_TIMESTAMP. */
const helpName = 1;
const protocolState = 1;
const protocolInfoTypes = { first: 1, last: 3 } as const;
const counterTypes = { packets: 1, octets: 2 } as const;
const timestampTypes = { start: 1, stop: 2 } as const;

/** The last helper and the last labels as text: most connections that have some have the same. */
interface TextCache {
  readonly octets: Uint8Array;
  lengthBytes: number;
  text: string;
}

const makeCache = (octets: number): TextCache => ({
  octets: new Uint8Array(octets),
  lengthBytes: 0,
  text: '',
});
const lastHelper = makeCache(maxHelperBytes);
const lastLabels = makeCache(labelBytes);

const isCached = (cache: TextCache, bytes: Uint8Array, at: number, length: number): boolean => {
  if (length !== cache.lengthBytes) return false;
  for (let i = 0; i < length; i++) if (bytes[at + i] !== cache.octets[i]) return false;
  return true;
};

const keepText = (cache: TextCache, octets: Uint8Array, text: string): string => {
  cache.octets.set(octets);
  cache.lengthBytes = octets.length;
  cache.text = text;
  return text;
};

/** A string up to its NUL. */
const readHelper = (bytes: Uint8Array, at: number, end: number): string => {
  let length = 0;
  while (length < maxHelperBytes && at + length < end && bytes[at + length] !== 0) length++;
  if (isCached(lastHelper, bytes, at, length)) return lastHelper.text;
  const octets = bytes.slice(at, at + length);
  return keepText(lastHelper, octets, Buffer.from(octets).toString('latin1'));
};

/** As one number: bit 0 is the lowest of the last digit. Unlike the rest, the kernel has them in longs of its own byte order. */
const readLabels = (bytes: Uint8Array, at: number): string => {
  if (isCached(lastLabels, bytes, at, labelBytes)) return lastLabels.text;
  const octets = bytes.slice(at, at + labelBytes);
  const digits = Buffer.from(octets).reverse();
  if (!isLittleEndian) digits.swap64();
  return keepText(lastLabels, octets, digits.every((octet) => octet === 0) ? '' : digits.toString('hex'));
};

const readCounter = (view: DataView, at: number): number =>
  view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);

/** Nanoseconds since 1970, which no number holds, as microseconds: 2^32 ns are 4294967.296 of them. */
const readMicros = (view: DataView, at: number): number => {
  const high = view.getUint32(at);
  return high * 4294967 + Math.floor((high * 296 + view.getUint32(at + 4)) / 1000);
};

/** Takes what is of interest in the attributes that the attribute of type `outer` holds. */
const readNested = (
  connection: Connection,
  outer: number,
  view: DataView,
  bytes: Uint8Array,
  from: number,
  end: number,
): boolean => {
  let next = from;
  for (let at = from; at < end; at = next) {
    const last = findAttributeEnd(view, at, end);
    if (last < 0) return false;
    next = findNextAttribute(at, last);
    const type = readAttributeType(view, at);
    const valueAt = at + attributeHeaderBytes;
    const length = last - valueAt;
    if (outer === attributes.help) {
      if (type === helpName) connection.helper = readHelper(bytes, valueAt, last);
    } else if (outer === attributes.protocolInfo) {
      const known = type >= protocolInfoTypes.first && type <= protocolInfoTypes.last;
      if (known && !readState(connection, view, valueAt, last)) return false;
    } else if (type <= 2 && type > 0) {
      if (length !== 8) return false;
      setPair(connection, outer, type, view, valueAt);
    }
  }
  return true;
};

const setPair = (connection: Connection, outer: number, type: number, view: DataView, at: number): void => {
  if (outer === attributes.timestamp) {
    if (type === timestampTypes.start) connection.startMicros = readMicros(view, at);
    else connection.stopMicros = readMicros(view, at);
    return;
  }
  connection.hasCounters = true;
  const isOriginal = outer === attributes.countersOriginal;
  if (type === counterTypes.packets) {
    if (isOriginal) connection.packets = readCounter(view, at);
    else connection.reversePackets = readCounter(view, at);
  } else if (isOriginal) connection.octets = readCounter(view, at);
  else connection.reverseOctets = readCounter(view, at);
};

const readState = (connection: Connection, view: DataView, from: number, end: number): boolean => {
  let next = from;
  for (let at = from; at < end; at = next) {
    const last = findAttributeEnd(view, at, end);
    if (last < 0) return false;
    next = findNextAttribute(at, last);
    if (readAttributeType(view, at) !== protocolState) continue;
    if (last - at !== attributeHeaderBytes + 1) return false;
    connection.state = view.getUint8(at + attributeHeaderBytes);
  }
  return true;
};

/** False: the length is wrong. */
const setNumber = (
  connection: Connection,
  type: number,
  view: DataView,
  at: number,
  length: number,
): boolean => {
  switch (type) {
    case attributes.status:
      if (length !== 4) return false;
      connection.status = view.getUint32(at);
      return true;
    case attributes.timeout:
      if (length !== 4) return false;
      connection.timeoutSeconds = view.getUint32(at);
      return true;
    case attributes.mark:
      if (length !== 4) return false;
      connection.mark = view.getUint32(at);
      return true;
    case attributes.id:
      if (length !== 4) return false;
      connection.id = view.getUint32(at);
      return true;
    case attributes.zone:
      if (length !== 2) return false;
      connection.zone = view.getUint16(at);
      return true;
    case attributes.timestampEvent:
      if (length !== 8) return false;
      connection.eventMicros = readMicros(view, at);
      return true;
    default:
      return true;
  }
};

const originalFacts: TupleFacts = { protocol: 0, zone: 0 };
const replyFacts: TupleFacts = { protocol: 0, zone: 0 };

const readAttributes = (
  connection: Connection,
  view: DataView,
  bytes: Uint8Array,
  from: number,
  end: number,
): boolean => {
  let tuples = 0;
  let next = from;
  for (let at = from; at < end; at = next) {
    const last = findAttributeEnd(view, at, end);
    if (last < 0) return false;
    next = findNextAttribute(at, last);
    const valueAt = at + attributeHeaderBytes;
    const type = readAttributeType(view, at);
    switch (type) {
      case attributes.tupleOriginal:
        if (!readTuple(connection.original, originalFacts, view, bytes, valueAt, last)) return false;
        tuples |= 1;
        break;
      case attributes.tupleReply:
        if (!readTuple(connection.reply, replyFacts, view, bytes, valueAt, last)) return false;
        tuples |= 2;
        break;
      case attributes.help:
      case attributes.protocolInfo:
      case attributes.countersOriginal:
      case attributes.countersReply:
      case attributes.timestamp:
        if (!readNested(connection, type, view, bytes, valueAt, last)) return false;
        break;
      case attributes.labels:
        if (last - valueAt !== labelBytes) return false;
        connection.labels = readLabels(bytes, valueAt);
        break;
      default:
        if (!setNumber(connection, type, view, valueAt, last - valueAt)) return false;
    }
  }
  return tuples === 3;
};

/**
 * Fills `connection` from the netlink message from `at` (its header) to `end`, whose type is connectionNew or connectionDelete.
 * False: a length is wrong, or a tuple is missing, and what is in `connection` means nothing.
 */
export const readConnection = (
  connection: Connection,
  view: DataView,
  bytes: Uint8Array,
  at: number,
  end: number,
): boolean => {
  if (end - at < netfilterHeaderBytes) return false;
  const family = bytes[at + 16];
  if (family !== inet && family !== inet6) return false;
  clearConnection(connection);
  if (!readAttributes(connection, view, bytes, at + netfilterHeaderBytes, end)) return false;
  const flags = view.getUint16(at + 6, isLittleEndian);
  if (view.getUint16(at + 4, isLittleEndian) === messageTypes.connectionDelete) connection.kind = 'destroy';
  else if ((flags & messageFlags.multi) !== 0) connection.kind = 'dump';
  else connection.kind = (flags & messageFlags.created) === messageFlags.created ? 'new' : 'update';
  // An entry of a dump has the port id of who asked for it, which are we.
  connection.portId = connection.kind === 'dump' ? 0 : view.getUint32(at + 12, isLittleEndian);
  connection.family = family === inet6 ? 6 : 4;
  connection.protocol = originalFacts.protocol;
  // A zone may be of one direction only; then its tuple has it instead.
  connection.zone ||= originalFacts.zone || replyFacts.zone;
  return true;
};
