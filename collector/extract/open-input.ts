/** Octets of the capture that is extracted from. */

import { fstatSync, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { captureOctets } from '../../shared/capture/capture-octets.ts';
import { fileOctets } from '../../shared/capture/file-octets.ts';
import { ConfigError } from '../../shared/service/config-error.ts';

export interface Input {
  /** For messages. */
  readonly name: string;
  /** Octets of the file; 0 where it is not known, or not what comes out of it. */
  readonly totalBytes: number;
  readonly facts: Stats;
  readonly octets: AsyncIterable<Uint8Array>;
}

const problems: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'you may not read it',
  EISDIR: 'this is a folder, not a capture file',
};

const openFile = async (path: string): Promise<Input> => {
  const handle = await open(path);
  const facts = await handle.stat();
  if (facts.isDirectory()) {
    await handle.close();
    throw Object.assign(new Error(), { code: 'EISDIR' });
  }
  return { name: path, facts, ...(await fileOctets(handle, facts)) };
};

/** @throws ConfigError when the file cannot be opened. */
export const openInput = async (path: string): Promise<Input> => {
  if (path === '-')
    return {
      name: 'standard input',
      totalBytes: 0,
      facts: fstatSync(0),
      octets: captureOctets(process.stdin),
    };
  try {
    return await openFile(path);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new ConfigError(`${path}: ${problems[code] ?? message}`);
  }
};
