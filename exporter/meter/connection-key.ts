/** What tells a connection from all others at a time: its id, original tuple and zone, in the words that the table keeps. */

import type { Connection } from '../observe/connection.ts';
import { hashWords } from './hash-words.ts';
import { isIcmp } from './is-icmp.ts';

/** Where the key's words are; source and destination address follow, of one word (IPv4) or four each. */
export const keyWords = { id: 0, ports: 1, kind: 2, addresses: 3 } as const;
const maxAddressWords = 4;

/** Copies the last `count` words of an address into `words`. */
export const readAddress = (words: Int32Array, at: number, octets: Uint8Array, count: number): void => {
  for (let word = 0, from = octets.length - 4 * count; word < count; word++, from += 4)
    words[at + word] =
      ((octets[from] as number) << 24) |
      ((octets[from + 1] as number) << 16) |
      ((octets[from + 2] as number) << 8) |
      (octets[from + 3] as number);
};

/**
 * The hash of the key at `at`. Who opens connections chooses its tuples, but not its id, which the kernel makes with a secret
 * (nf_ct_get_id): so nobody can aim at one place of a table.
 */
export const hashKey = (words: Int32Array, at: number, addressWords: number): number => {
  const id = words[at + keyWords.id] as number;
  const kind = words[at + keyWords.kind] as number;
  const src = at + keyWords.addresses;
  const dst = src + addressWords;
  const last = addressWords - 1;
  const ends = hashWords(
    id ^ kind,
    words[at + keyWords.ports] as number,
    words[src + last] as number,
    words[dst + last] as number,
  );
  if (last === 0) return ends;
  const source = hashWords(ends, words[src] as number, words[src + 1] as number, words[src + 2] as number);
  return hashWords(source, words[dst] as number, words[dst + 1] as number, words[dst + 2] as number);
};

/** The NEW event of a connection is no later, so that it tells about the start if nothing else does. */
const newEventMicros = 5e6;

/**
 * The kernel uses ids again, even for the same tuple, so connections with the same key are the same only if they began at the same
 * time. 0 is not known; a negative time is when the NEW event came.
 */
export const isSameStart = (a: number, b: number): boolean => {
  if (a === b || a === 0 || b === 0 || (a < 0 && b < 0)) return true;
  if (a > 0 && b > 0) return false;
  return Math.abs(a + b) < newEventMicros;
};

/** The key of one connection after the other. */
export class ConnectionKey {
  readonly words: Int32Array = new Int32Array(keyWords.addresses + 2 * maxAddressWords);
  hash = 0;

  set(connection: Connection): void {
    const { words } = this;
    const { original, protocol } = connection;
    const count = connection.family === 6 ? maxAddressWords : 1;
    words[keyWords.id] = connection.id;
    words[keyWords.ports] = isIcmp(protocol)
      ? (original.icmpType << 24) | (original.icmpCode << 16) | original.icmpId
      : (original.srcPort << 16) | original.dstPort;
    words[keyWords.kind] = (connection.zone << 8) | protocol;
    readAddress(words, keyWords.addresses, original.src, count);
    readAddress(words, keyWords.addresses + count, original.dst, count);
    this.hash = hashKey(words, 0, count);
  }
}
