/** Programs and packages of others that tests need. Without one a test is skipped; in CI (CI=true) that is a failure. */

import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import type { Test } from 'tap';

export type Peer =
  | 'softflowd'
  | 'nfcapd'
  | 'nfpcapd'
  | 'nfdump'
  | 'tcpdump'
  | 'tshark'
  | 'python3'
  | 'conntrack'
  | 'ulogd'
  | 'nft'
  | 'ip'
  | 'ping'
  | 'chdb';

const packages: readonly Peer[] = ['chdb'];
/** Daemons are often in folders that are not in the path of an ordinary user. */
const moreFolders = ['/usr/sbin', '/sbin', '/usr/local/sbin'];

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Path of a program, or of the file of a package; undefined when it is not there. */
export const findPeer = (peer: Peer): string | undefined => {
  if (packages.includes(peer)) {
    try {
      return createRequire(import.meta.url).resolve(peer);
    } catch {
      return undefined;
    }
  }
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...moreFolders];
  return folders.map((folder) => join(folder, peer)).find(isExecutable);
};

/** True when all are there. Else says which are not, and skips the test, or fails it in CI. */
export const hasPeers = (t: Test, ...peers: readonly Peer[]): boolean => {
  const missing = peers.filter((peer) => findPeer(peer) === undefined);
  if (missing.length === 0) return true;
  return skipWithout(t, `not installed: ${missing.join(', ')}`);
};

/** True for root, who may make network namespaces. Else skips the test, or fails it in CI. */
export const isRoot = (t: Test): boolean => process.getuid?.() === 0 || skipWithout(t, 'not run by root');

const skipWithout = (t: Test, message: string): false => {
  if (process.env.CI === 'true') t.fail(message);
  else t.pass(message, { skip: message });
  return false;
};

/** Path of a program that `hasPeers` has found. */
export const peerPath = (peer: Peer): string => {
  const path = findPeer(peer);
  if (path === undefined) throw new Error(`${peer} is not installed`);
  return path;
};
