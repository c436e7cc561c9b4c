/**
 * A netlink socket for netfilter. Node cannot make one: libc is called by way of the optional package ffi-rs. Reading and writing
 * it then is the business of `node:fs`.
 */

import { closeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { getSystemErrorName } from 'node:util';
import { ConfigError } from '../../shared/service/config-error.ts';
import { isLittleEndian } from './netlink-message.ts';

/** What is used of the optional package; its own types would be missing from a build without it. */
interface ForeignFunctions {
  readonly DataType: { readonly I32: number; readonly U8Array: number };
  readonly open: (library: { library: string; path: string }) => void;
  readonly load: (call: {
    library: string;
    funcName: string;
    retType: number;
    paramsType: readonly number[];
    paramsValue: readonly unknown[];
    errno: true;
  }) => { readonly value: number; readonly errnoCode: number };
}

/** Of Linux, on all architectures that Node runs on but MIPS and SPARC, which it does not. */
const netlinkFamily = 16;
const netfilterProtocol = 12;
const sockDiagProtocol = 4;
const socketRaw = 3;
const socketCloseOnExec = 0o2000000;
const solSocket = 1;
const solNetlink = 270;
const socketOptions = {
  receiveBuffer: 8,
  receiveTimeout: 20,
  receiveBufferForce: 33,
  protocol: 38,
  memoryInfo: 55,
} as const;
const netlinkOptions = { broadcastError: 4, noEnobufs: 5 } as const;
const fcntl = {
  setDescriptorFlags: 2,
  getFlags: 3,
  setFlags: 4,
  closeOnExec: 1,
  nonBlocking: 0o4000,
} as const;
/** Words of SO_MEMINFO (linux/sock_diag.h). */
const memoryInfo = { receiveAllocated: 0, drops: 8, words: 9 } as const;
const addressBytes = 12;
const maxInt = 2 ** 31 - 1;

export const howToGiveCapability =
  'run it as root, or give it CAP_NET_ADMIN: AmbientCapabilities=CAP_NET_ADMIN in its systemd unit, or ListenNetlink=netfilter 7 in a socket unit (events only), or setcap cap_net_admin+ep on the node binary';

const noLibrary =
  'netlink needs the optional package ffi-rs, which is not installed here: npm install ffi-rs';

let functions: ForeignFunctions | undefined;

const loadFunctions = (): ForeignFunctions => {
  if (process.platform !== 'linux') throw new ConfigError('connection tracking is there on Linux only');
  if (functions !== undefined) return functions;
  try {
    functions = createRequire(import.meta.url)('ffi-rs') as ForeignFunctions;
  } catch {
    throw new ConfigError(noLibrary);
  }
  // An empty path is the process itself, which has its libc, whatever that is called.
  functions.open({ library: 'libc', path: '' });
  return functions;
};

/** Octets are passed by reference. @returns what the function returns, or minus errno. */
const call = (funcName: string, ...values: readonly (number | Uint8Array)[]): number => {
  const { DataType, load } = loadFunctions();
  const { value, errnoCode } = load({
    library: 'libc',
    funcName,
    retType: DataType.I32,
    paramsType: values.map((value) => (typeof value === 'number' ? DataType.I32 : DataType.U8Array)),
    paramsValue: values,
    errno: true,
  });
  return value < 0 ? -errnoCode : value;
};

const errorName = (result: number): string => getSystemErrorName(result);

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

const intBytes = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  viewOf(bytes).setInt32(0, value, isLittleEndian);
  return bytes;
};

const setOption = (fd: number, level: number, name: number, value: Uint8Array): number =>
  call('setsockopt', fd, level, name, value, value.length);

/** Undefined: the kernel does not say. */
const getOption = (fd: number, name: number, lengthBytes: number): DataView | undefined => {
  const bytes = Buffer.alloc(lengthBytes);
  return call('getsockopt', fd, solSocket, name, bytes, intBytes(lengthBytes)) < 0
    ? undefined
    : viewOf(bytes);
};

/** The address of a socket of netfilter's: its groups are a mask of bits. Undefined: it is another one, or none. */
export const findNetfilterGroups = (fd: number): number | undefined => {
  const address = Buffer.alloc(addressBytes);
  if (call('getsockname', fd, address, intBytes(addressBytes)) < 0) return undefined;
  if (viewOf(address).getUint16(0, isLittleEndian) !== netlinkFamily) return undefined;
  if (getOption(fd, socketOptions.protocol, 4)?.getInt32(0, isLittleEndian) !== netfilterProtocol)
    return undefined;
  return viewOf(address).getUint32(8, isLittleEndian);
};

export interface QueueState {
  readonly queuedBytes: number;
  /** Messages that found no room, since the socket was made. */
  readonly drops: number;
}

export class NetlinkSocket {
  readonly fd: number;
  readonly #isOurs: boolean;

  private constructor(fd: number, isOurs: boolean) {
    this.fd = fd;
    this.#isOurs = isOurs;
  }

  static #make(protocol: number, name: string): NetlinkSocket {
    const fd = call('socket', netlinkFamily, socketRaw | socketCloseOnExec, protocol);
    if (fd < 0) throw new ConfigError(`no netlink socket for ${name}: ${errorName(fd)}`);
    return new NetlinkSocket(fd, true);
  }

  /** To ask about sockets, without waiting for an answer. @throws ConfigError */
  static openSockDiag(): NetlinkSocket {
    const socket = NetlinkSocket.#make(sockDiagProtocol, 'sock_diag');
    socket.stopBlocking();
    return socket;
  }

  /** @throws ConfigError when the kernel refuses `groups`, a mask of bits; 0 for none. */
  static open(groups: number): NetlinkSocket {
    const socket = NetlinkSocket.#make(netfilterProtocol, 'netfilter');
    const { fd } = socket;
    const address = Buffer.alloc(addressBytes);
    viewOf(address).setUint16(0, netlinkFamily, isLittleEndian);
    viewOf(address).setUint32(8, groups, isLittleEndian);
    const bound = call('bind', fd, address, addressBytes);
    if (bound >= 0) return socket;
    socket.close();
    const problem = errorName(bound);
    if (problem === 'EPERM')
      throw new ConfigError(
        `the kernel tells of connections only to who may administer the network: ${howToGiveCapability}`,
      );
    throw new ConfigError(
      `the kernel does not tell of connections (${problem}): modprobe nf_conntrack_netlink`,
    );
  }

  /** One that another process has made, and that stays open for the next one. */
  static inherit(fd: number): NetlinkSocket {
    call('fcntl', fd, fcntl.setDescriptorFlags, fcntl.closeOnExec);
    return new NetlinkSocket(fd, false);
  }

  /** Reading finds nothing (EAGAIN) rather than to wait for something. */
  stopBlocking(): void {
    this.#setFlags(this.#flags() | fcntl.nonBlocking);
  }

  /** Reading waits so long, and then finds nothing. */
  setReceiveTimeout(timeoutMs: number): void {
    // A socket that was inherited has the flags of its last user.
    const flags = this.#flags();
    if ((flags & fcntl.nonBlocking) !== 0) this.#setFlags(flags & ~fcntl.nonBlocking);
    // struct timeval of two longs.
    const bytes = Buffer.alloc(16);
    const micros = BigInt(timeoutMs) * 1000n;
    viewOf(bytes).setBigInt64(0, micros / 1_000_000n, isLittleEndian);
    viewOf(bytes).setBigInt64(8, micros % 1_000_000n, isLittleEndian);
    const result = setOption(this.fd, solSocket, socketOptions.receiveTimeout, bytes);
    if (result < 0) throw new Error(`SO_RCVTIMEO: ${errorName(result)}`);
  }

  /** Makes the receive buffer at least so large, if we may. @returns what it is now. */
  growReceiveBuffer(wantedBytes: number): number {
    if (this.#receiveBufferBytes() >= wantedBytes) return this.#receiveBufferBytes();
    const wanted = intBytes(Math.min(wantedBytes, (maxInt - 1) / 2));
    if (setOption(this.fd, solSocket, socketOptions.receiveBufferForce, wanted) < 0)
      setOption(this.fd, solSocket, socketOptions.receiveBuffer, wanted);
    return this.#receiveBufferBytes();
  }

  /** The kernel keeps what found no room, and tries again; it says nothing of overruns then. As conntrackd(8) does it. */
  makeReliable(): void {
    for (const name of [netlinkOptions.broadcastError, netlinkOptions.noEnobufs]) {
      const result = setOption(this.fd, solNetlink, name, intBytes(1));
      if (result < 0) throw new ConfigError(`--reliable is refused by the kernel: ${errorName(result)}`);
    }
  }

  readQueue(): QueueState {
    const view = getOption(this.fd, socketOptions.memoryInfo, 4 * memoryInfo.words);
    return {
      queuedBytes: view?.getUint32(4 * memoryInfo.receiveAllocated, isLittleEndian) ?? 0,
      drops: view?.getUint32(4 * memoryInfo.drops, isLittleEndian) ?? 0,
    };
  }

  close(): void {
    if (this.#isOurs) closeSync(this.fd);
  }

  #flags(): number {
    return call('fcntl', this.fd, fcntl.getFlags, 0);
  }

  #setFlags(flags: number): void {
    const result = call('fcntl', this.fd, fcntl.setFlags, flags);
    if (result < 0) throw new Error(`O_NONBLOCK: ${errorName(result)}`);
  }

  /** The kernel doubles what it is asked for, for its own bookkeeping (socket(7)). */
  #receiveBufferBytes(): number {
    return (getOption(this.fd, socketOptions.receiveBuffer, 4)?.getInt32(0, isLittleEndian) ?? 0) / 2;
  }
}
