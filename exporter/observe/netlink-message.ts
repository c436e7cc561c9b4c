/**
 * Messages of netlink (linux/netlink.h), in the byte order of the machine: a header, and a body that begins with nfgenmsg where
 * the sender is netfilter. A datagram holds one or several, each beginning at a multiple of four octets.
 *
 *     nlmsg_len u32 | nlmsg_type u16 | nlmsg_flags u16 | nlmsg_seq u32 | nlmsg_pid u32 || family u8 | version u8 | res_id be16
 */

import { endianness } from 'node:os';

/** To be given to the methods of DataView. */
export const isLittleEndian: boolean = endianness() === 'LE';

export const messageHeaderBytes = 16;
/** Header and nfgenmsg: attributes begin behind them. */
export const netfilterHeaderBytes = 20;

export const messageTypes = {
  error: 2,
  done: 3,
  /** NFNL_SUBSYS_CTNETLINK << 8, and IPCTNL_MSG_CT_NEW, _GET, _DELETE, _GET_STATS. */
  connectionNew: 0x100,
  connectionGet: 0x101,
  connectionDelete: 0x102,
  connectionStatistics: 0x105,
} as const;

export const messageFlags = {
  request: 0x1,
  multi: 0x2,
  dumpInterrupted: 0x10,
  dump: 0x300,
  /** Of a NEW message: create | exclusive, which an update has not. */
  created: 0x600,
} as const;

/** A request of no attributes, for all address families (AF_UNSPEC). */
export const makeRequest = (type: number, flags: number, sequence: number): Uint8Array => {
  const bytes = new Uint8Array(netfilterHeaderBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, netfilterHeaderBytes, isLittleEndian);
  view.setUint16(4, type, isLittleEndian);
  view.setUint16(6, messageFlags.request | flags, isLittleEndian);
  view.setUint32(8, sequence, isLittleEndian);
  return bytes;
};

/** Calls `visit` for every message from `at`, with where it ends. False: a length is wrong, and the rest was not visited. */
export const visitMessages = (
  view: DataView,
  at: number,
  end: number,
  visit: (type: number, at: number, end: number) => void,
): boolean => {
  let from = at;
  while (from < end) {
    if (end - from < messageHeaderBytes) return false;
    const length = view.getUint32(from, isLittleEndian);
    if (length < messageHeaderBytes || length > end - from) return false;
    visit(view.getUint16(from + 4, isLittleEndian), from, from + length);
    from += (length + 3) & ~3;
  }
  return true;
};

/** The error number of an NLMSG_ERROR or NLMSG_DONE message at `at`, as errno has it; 0 is none. */
export const readErrorNumber = (view: DataView, at: number, end: number): number =>
  end - at < messageHeaderBytes + 4 ? 0 : Math.abs(view.getInt32(at + messageHeaderBytes, isLittleEndian));
