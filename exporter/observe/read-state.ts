/** How far a log was read, as it is kept in a file between two runs. */

import { open, readFile, rename } from 'node:fs/promises';
import { ConfigError } from '../../shared/service/config-error.ts';
import type { FileMark } from './rotated-files.ts';

/** `path` is absolute. */
export interface ReadState extends FileMark {
  readonly path: string;
  /** Lines before `position`. */
  readonly line: number;
}

const version = 1;

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const parseReadState = (text: string): ReadState | undefined => {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const state = value as Readonly<Record<string, unknown>>;
  const { path, device, inode, position, line, headBytes, headHash } = state;
  if (state.version !== version || typeof path !== 'string') return undefined;
  if (typeof device !== 'string' || typeof inode !== 'string' || typeof headHash !== 'string')
    return undefined;
  if (!isCount(position) || !isCount(line) || !isCount(headBytes)) return undefined;
  return { path, identity: { device, inode }, position, line, headBytes, headHash };
};

const formatReadState = ({ path, identity, position, line, headBytes, headHash }: ReadState): string =>
  `${JSON.stringify({ version, path, ...identity, position, line, headBytes, headHash })}\n`;

/** Undefined: there is none yet. @throws ConfigError: it is of another log, or no state at all. */
export const loadReadState = async (file: string, path: string): Promise<ReadState | undefined> => {
  let state: ReadState | undefined;
  try {
    state = parseReadState(await readFile(file, 'utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code !== undefined) throw new ConfigError(`--state ${file}: ${message}`);
  }
  if (state === undefined)
    throw new ConfigError(
      `--state ${file}: it says no position that we know; without it, ${path} is read from its start`,
    );
  if (state.path !== path)
    throw new ConfigError(`--state ${file}: it is the position in ${state.path}, and not in ${path}`);
  return state;
};

/** There is always a whole state in the file, the former or this. @throws the system's error. */
export const saveReadState = async (file: string, state: ReadState): Promise<void> => {
  const temporary = `${file}.tmp`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(formatReadState(state));
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
};
