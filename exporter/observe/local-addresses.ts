/** The addresses of this machine, in this network namespace. */

import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { isIpv4Mapped, parseAddress } from '../../shared/wire/address.ts';

/** Addresses come and go; one that is not known may be a new one. */
const maxAgeMs = 5000;
const minAgeMs = 250;

type Interfaces = () => NodeJS.Dict<NetworkInterfaceInfo[]>;

const lastWord = (address: Uint8Array): number =>
  (((address[12] as number) << 24) |
    ((address[13] as number) << 16) |
    ((address[14] as number) << 8) |
    (address[15] as number)) >>>
  0;

const keyOf = (address: Uint8Array): number | string =>
  isIpv4Mapped(address, 0) ? lastWord(address) : String.fromCharCode(...address);

const loopbackNet = 127;

export class LocalAddresses {
  /** IPv4 addresses as numbers, IPv6 ones as text of 16 units; the value is the index of the interface that a link-local one needs. */
  #interfaces = new Map<number | string, number>();
  #readAtMs = Number.NEGATIVE_INFINITY;
  readonly #read: Interfaces;

  constructor(read: Interfaces = networkInterfaces) {
    this.#read = read;
  }

  /** -1: it is not of this machine. Else the index of the interface where the address is link-local, or 0. */
  find(address: Uint8Array, nowMs: number): number {
    const key = keyOf(address);
    if (typeof key === 'number' && key >>> 24 === loopbackNet) return 0;
    if (Math.abs(nowMs - this.#readAtMs) > maxAgeMs) this.#refresh(nowMs);
    return this.#interfaces.get(key) ?? -1;
  }

  /** For when neither end of a connection is known. True: it was worth asking again. */
  refreshForUnknown(nowMs: number): boolean {
    if (Math.abs(nowMs - this.#readAtMs) < minAgeMs) return false;
    this.#refresh(nowMs);
    return true;
  }

  #refresh(nowMs: number): void {
    this.#readAtMs = nowMs;
    const found = new Map<number | string, number>();
    for (const addresses of Object.values(this.#read()))
      for (const info of addresses ?? []) {
        const octets = parseAddress(info.address);
        if (octets !== undefined) found.set(keyOf(octets), info.family === 'IPv6' ? (info.scopeid ?? 0) : 0);
      }
    this.#interfaces = found;
  }
}
