/** Where the running server of a data directory can be reached: written by the collector, read by `flowledger sql`. */

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivateFile } from './private-file.ts';

export interface Endpoint {
  readonly url: string;
  readonly database: string;
  readonly serverPid: number;
  readonly collectorPid: number;
}

const endpointFile = (dataDir: string): string => join(dataDir, 'endpoint.json');

export const writeEndpoint = (dataDir: string, endpoint: Endpoint): void =>
  writePrivateFile(endpointFile(dataDir), `${JSON.stringify(endpoint, null, 2)}\n`);

export const removeEndpoint = (dataDir: string): void => rmSync(endpointFile(dataDir), { force: true });

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** The endpoint of the collector that runs on this directory; undefined when none does (a file left by a crash does not count). */
export const findEndpoint = (dataDir: string): Endpoint | undefined => {
  let stored: Partial<Endpoint>;
  try {
    stored = JSON.parse(readFileSync(endpointFile(dataDir), 'utf8')) as Partial<Endpoint>;
  } catch {
    return undefined;
  }
  const { url, database, serverPid, collectorPid } = stored;
  if (typeof url !== 'string' || typeof database !== 'string') return undefined;
  if (typeof serverPid !== 'number' || typeof collectorPid !== 'number') return undefined;
  return isAlive(collectorPid) ? { url, database, serverPid, collectorPid } : undefined;
};
