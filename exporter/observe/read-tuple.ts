/** Decoding of a conntrack tuple: CTA_TUPLE_ORIG and CTA_TUPLE_REPLY. */

import type { Tuple } from './connection.ts';
import {
  attributeHeaderBytes,
  findAttributeEnd,
  findNextAttribute,
  readAttributeType,
} from './netlink-attribute.ts';

const tupleAttributes = { ip: 1, protocol: 2, zone: 3 } as const;
const ipAttributes = { v4Src: 1, v4Dst: 2, v6Src: 3, v6Dst: 4 } as const;
const protocolAttributes = {
  number: 1,
  srcPort: 2,
  dstPort: 3,
  icmpId: 4,
  icmpType: 5,
  icmpCode: 6,
  icmpv6Id: 7,
  icmpv6Type: 8,
  icmpv6Code: 9,
} as const;

/** What of a tuple is not in `Tuple`; one object, filled again and again. */
export interface TupleFacts {
  protocol: number;
  /** 0: none, or the connection's. */
  zone: number;
}

const sourceSeen = 1;
const destinationSeen = 2;
const protocolSeen = 4;
const allSeen = sourceSeen | destinationSeen | protocolSeen;
const isWrong = -1;

const readIpv4 = (bytes: Uint8Array, at: number, address: Uint8Array): void => {
  for (let i = 0; i < 10; i++) address[i] = 0;
  address[10] = 0xff;
  address[11] = 0xff;
  for (let i = 0; i < 4; i++) address[12 + i] = bytes[at + i] ?? 0;
};

const readIpv6 = (bytes: Uint8Array, at: number, address: Uint8Array): void => {
  for (let i = 0; i < 16; i++) address[i] = bytes[at + i] ?? 0;
};

/** @returns which addresses were there, as bits. */
const readAddresses = (
  tuple: Tuple,
  view: DataView,
  bytes: Uint8Array,
  from: number,
  end: number,
): number => {
  let seen = 0;
  let next = from;
  for (let at = from; at < end; at = next) {
    const last = findAttributeEnd(view, at, end);
    if (last < 0) return isWrong;
    next = findNextAttribute(at, last);
    const type = readAttributeType(view, at);
    const isV4 = type === ipAttributes.v4Src || type === ipAttributes.v4Dst;
    if (!isV4 && type !== ipAttributes.v6Src && type !== ipAttributes.v6Dst) continue;
    if (last - at !== attributeHeaderBytes + (isV4 ? 4 : 16)) return isWrong;
    const isSource = type === ipAttributes.v4Src || type === ipAttributes.v6Src;
    const address = isSource ? tuple.src : tuple.dst;
    if (isV4) readIpv4(bytes, at + attributeHeaderBytes, address);
    else readIpv6(bytes, at + attributeHeaderBytes, address);
    seen |= isSource ? sourceSeen : destinationSeen;
  }
  return seen;
};

/** Sets what an attribute of CTA_TUPLE_PROTO says. False: its length is wrong. */
const setProtocolField = (
  tuple: Tuple,
  facts: TupleFacts,
  type: number,
  view: DataView,
  at: number,
  length: number,
): boolean => {
  switch (type) {
    case protocolAttributes.srcPort:
      if (length !== 2) return false;
      tuple.srcPort = view.getUint16(at);
      return true;
    case protocolAttributes.dstPort:
      if (length !== 2) return false;
      tuple.dstPort = view.getUint16(at);
      return true;
    case protocolAttributes.icmpId:
    case protocolAttributes.icmpv6Id:
      if (length !== 2) return false;
      tuple.icmpId = view.getUint16(at);
      return true;
    case protocolAttributes.number:
      if (length !== 1) return false;
      facts.protocol = view.getUint8(at);
      return true;
    case protocolAttributes.icmpType:
    case protocolAttributes.icmpv6Type:
      if (length !== 1) return false;
      tuple.icmpType = view.getUint8(at);
      return true;
    case protocolAttributes.icmpCode:
    case protocolAttributes.icmpv6Code:
      if (length !== 1) return false;
      tuple.icmpCode = view.getUint8(at);
      return true;
    default:
      return true;
  }
};

/** @returns the bit of the protocol's number where that was there. */
const readProtocol = (tuple: Tuple, facts: TupleFacts, view: DataView, from: number, end: number): number => {
  let seen = 0;
  let next = from;
  for (let at = from; at < end; at = next) {
    const last = findAttributeEnd(view, at, end);
    if (last < 0) return isWrong;
    next = findNextAttribute(at, last);
    const type = readAttributeType(view, at);
    const length = last - at - attributeHeaderBytes;
    if (!setProtocolField(tuple, facts, type, view, at + attributeHeaderBytes, length)) return isWrong;
    if (type === protocolAttributes.number) seen = protocolSeen;
  }
  return seen;
};

/** Fills `tuple` and `facts` from the attributes from `from` to `end`. False: a length is wrong, or an address or the protocol is missing. */
export const readTuple = (
  tuple: Tuple,
  facts: TupleFacts,
  view: DataView,
  bytes: Uint8Array,
  from: number,
  end: number,
): boolean => {
  tuple.srcPort = 0;
  tuple.dstPort = 0;
  tuple.icmpType = 0;
  tuple.icmpCode = 0;
  tuple.icmpId = 0;
  facts.zone = 0;
  let allParts = 0;
  let next = from;
  for (let at = from; at < end; at = next) {
    const last = findAttributeEnd(view, at, end);
    if (last < 0) return false;
    next = findNextAttribute(at, last);
    const valueAt = at + attributeHeaderBytes;
    let seen = 0;
    switch (readAttributeType(view, at)) {
      case tupleAttributes.ip:
        seen = readAddresses(tuple, view, bytes, valueAt, last);
        break;
      case tupleAttributes.protocol:
        seen = readProtocol(tuple, facts, view, valueAt, last);
        break;
      case tupleAttributes.zone:
        if (last - valueAt !== 2) return false;
        facts.zone = view.getUint16(valueAt);
        break;
    }
    if (seen < 0) return false;
    allParts |= seen;
  }
  return allParts === allSeen;
};
