/**
 * Asks the kernel for one socket by its addresses and ports (linux/inet_diag.h): whose it is, in which control group, and its inode.
 * The answer is there when the request is written, so nothing waits.
 *
 *     sdiag_family u8 | sdiag_protocol u8 | ext u8 | pad | states u32 | sport be16 | dport be16 | src 16 | dst 16 | if u32 | cookie 2 u32
 */

import { readSync, writeSync } from 'node:fs';
import {
  attributeHeaderBytes,
  findAttributeEnd,
  findNextAttribute,
  readAttributeType,
} from './netlink-attribute.ts';
import { isLittleEndian, messageFlags, messageHeaderBytes, messageTypes } from './netlink-message.ts';

const byFamily = 20;
const requestBytes = messageHeaderBytes + 56;
const inet = 2;
const inet6 = 10;
const udpProtocols = new Set([17, 136]);
const noCookie = 0xffffffff;
const allStates = 0xffffffff;
/** Where what is asked for is in a message: request, and answer (struct inet_diag_msg). */
const requestAt = {
  family: 16,
  protocol: 17,
  states: 20,
  srcPort: 24,
  dstPort: 26,
  src: 28,
  dst: 44,
  interface: 60,
  cookie: 64,
};
const answerAt = { state: 17, uid: 80, inode: 84, attributes: 88 };
const cgroupIdAttribute = 21;
const answerMaxBytes = 8192;

/** TCP_LISTEN of the kernel. */
export const listenState = 10;

/** Addresses are 16 octets, IPv4 mapped. */
export interface SocketAddresses {
  readonly family: 4 | 6;
  readonly protocol: number;
  readonly local: Uint8Array;
  readonly localPort: number;
  readonly remote: Uint8Array;
  readonly remotePort: number;
  /** Index of the interface, which a link-local address needs; else 0. */
  readonly interfaceIndex: number;
}

export interface SocketFacts {
  state: number;
  uid: number;
  /** 0: no process has it, any more or yet; its `uid` means nothing then. */
  inode: number;
  /** 0: the kernel does not say. */
  cgroupId: number;
}

/** UDP is found as an incoming datagram would find it, so its ends are the other way round than those of TCP. */
export const writeSocketRequest = (
  view: DataView,
  bytes: Uint8Array,
  asked: SocketAddresses,
  sequence: number,
): number => {
  const isUdp = udpProtocols.has(asked.protocol);
  bytes.fill(0, 0, requestBytes);
  view.setUint32(0, requestBytes, isLittleEndian);
  view.setUint16(4, byFamily, isLittleEndian);
  view.setUint16(6, messageFlags.request, isLittleEndian);
  view.setUint32(8, sequence, isLittleEndian);
  view.setUint8(requestAt.family, asked.family === 6 ? inet6 : inet);
  view.setUint8(requestAt.protocol, asked.protocol);
  view.setUint32(requestAt.states, allStates, isLittleEndian);
  view.setUint16(requestAt.srcPort, isUdp ? asked.remotePort : asked.localPort);
  view.setUint16(requestAt.dstPort, isUdp ? asked.localPort : asked.remotePort);
  // Of an IPv4 address the last four octets, in the first four.
  const from = asked.family === 6 ? 0 : 12;
  for (let i = from; i < 16; i++) {
    bytes[requestAt.src + i - from] = (isUdp ? asked.remote : asked.local)[i] as number;
    bytes[requestAt.dst + i - from] = (isUdp ? asked.local : asked.remote)[i] as number;
  }
  view.setUint32(requestAt.interface, asked.interfaceIndex, isLittleEndian);
  view.setUint32(requestAt.cookie, noCookie, isLittleEndian);
  view.setUint32(requestAt.cookie + 4, noCookie, isLittleEndian);
  return requestBytes;
};

/** Fills `facts` from the message of `length` octets. False: there is no such socket. */
export const readSocketAnswer = (facts: SocketFacts, view: DataView, length: number): boolean => {
  if (length < answerAt.attributes || view.getUint16(4, isLittleEndian) !== byFamily) return false;
  facts.state = view.getUint8(answerAt.state);
  facts.uid = view.getUint32(answerAt.uid, isLittleEndian);
  facts.inode = view.getUint32(answerAt.inode, isLittleEndian);
  facts.cgroupId = 0;
  const end = Math.min(length, view.getUint32(0, isLittleEndian));
  for (let at = answerAt.attributes; at < end; ) {
    const last = findAttributeEnd(view, at, end);
    if (last < 0) break;
    const isCgroup = readAttributeType(view, at) === cgroupIdAttribute;
    if (isCgroup && last - at === attributeHeaderBytes + 8)
      facts.cgroupId = Number(view.getBigUint64(at + attributeHeaderBytes, isLittleEndian));
    at = findNextAttribute(at, last);
  }
  return true;
};

export class SockDiag {
  readonly #fd: number;
  readonly #bytes: Uint8Array = new Uint8Array(answerMaxBytes);
  readonly #view: DataView = new DataView(this.#bytes.buffer);
  #sequence = 0;

  /** `fd`: a socket of NETLINK_SOCK_DIAG that does not block. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Undefined: there is no such socket, or the kernel does not know how to find it. */
  find(asked: SocketAddresses): SocketFacts | undefined {
    const sequence = (this.#sequence + 1) >>> 0;
    this.#sequence = sequence;
    try {
      writeSync(this.#fd, this.#bytes, 0, writeSocketRequest(this.#view, this.#bytes, asked, sequence));
      for (;;) {
        const length = readSync(this.#fd, this.#bytes, 0, answerMaxBytes, null);
        if (length < messageHeaderBytes || this.#view.getUint32(8, isLittleEndian) !== sequence) continue;
        if (this.#view.getUint16(4, isLittleEndian) === messageTypes.error) return undefined;
        const facts = { state: 0, uid: 0, inode: 0, cgroupId: 0 };
        return readSocketAnswer(facts, this.#view, length) ? facts : undefined;
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN' || code === 'ENOBUFS' || code === 'ENOENT') return undefined;
      throw error;
    }
  }
}
