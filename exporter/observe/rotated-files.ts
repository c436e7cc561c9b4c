/** The former files of a log: `log.1` and `log-20260101` beside `log`. */

import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hashHead, LogFile } from './log-file.ts';
import type { FileIdentity } from './log-source.ts';

/** What a rotation appends to the name: a number, or a date and a number. */
const suffix = /^[.-]\d[\d.T_:-]*$/;

/** More are not looked at. */
const maxFiles = 1000;

export interface FileMark {
  readonly identity: FileIdentity;
  readonly position: number;
  readonly headBytes: number;
  /** Of `hashHead`. */
  readonly headHash: string;
}

/** What `visit` returns for the first of them that it returns something for; other files are closed. */
const findFile = async <Found>(
  paths: readonly string[],
  visit: (file: LogFile) => Promise<Found | undefined>,
): Promise<Found | undefined> => {
  for (const path of paths) {
    const file = await LogFile.open(path).catch(() => undefined);
    if (file === undefined) continue;
    const found = await visit(file);
    if (found !== undefined) return found;
    await file.close();
  }
  return undefined;
};

const listNames = async (path: string): Promise<readonly string[]> => {
  const name = basename(path);
  const names = await readdir(dirname(path)).catch(() => []);
  return names
    .filter((other) => other.startsWith(name) && suffix.test(other.slice(name.length)))
    .slice(0, maxFiles)
    .map((other) => join(dirname(path), other));
};

/** The file in which something was read up to the mark, open and moved there: the one at `path`, a former one, or a copy of it. */
export const findMarkedFile = async (path: string, mark: FileMark): Promise<LogFile | undefined> => {
  const paths = [path, ...(await listNames(path))];
  const find = (isInode: boolean): Promise<LogFile | undefined> =>
    findFile(paths, async (file) => {
      // Where nothing was read there is nothing to know it by.
      if (isInode ? !file.isSame(mark.identity) : mark.headBytes === 0) return undefined;
      const { isFile, size } = await file.facts();
      if (!isFile || size < mark.position) return undefined;
      if (hashHead(await file.readHead(mark.headBytes)) !== mark.headHash) return undefined;
      await file.moveTo(mark.position);
      return file;
    });
  return (await find(true)) ?? (await find(false));
};

/** The former file that was written to after `former`, and before the one at `path`: undefined where there is none between them. */
export const findNextFormer = async (path: string, former: LogFile): Promise<LogFile | undefined> => {
  const current = await LogFile.open(path);
  const { modifiedNs: sinceNs } = await former.facts();
  const later: { path: string; modifiedNs: bigint }[] = [];
  await findFile(await listNames(path), async (file) => {
    const { isFile, modifiedNs } = await file.facts();
    const isOther = !former.isSame(file.identity) && current?.isSame(file.identity) !== true;
    if (isFile && isOther && modifiedNs > sinceNs) later.push({ path: file.path, modifiedNs });
    return undefined;
  });
  await current?.close();
  later.sort((a, b) => (a.modifiedNs < b.modifiedNs ? -1 : 1));
  return later[0] && LogFile.open(later[0].path);
};
