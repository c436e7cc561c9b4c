/** A file system of the test's own, in memory: one that can be full or read-only without harm to any other. Linux, root. */

import { execFileSync } from 'node:child_process';
import type { Test } from 'tap';
import { isRoot } from './peers.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface SmallDisk {
  readonly directory: string;
  setReadOnly(readOnly: boolean): void;
}

const run = (program: string, ...args: readonly string[]): void => {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
};

/** Undefined when it cannot be mounted: then the test is skipped, or fails in CI. `size` as tmpfs(5) has it: `4m`. */
export const mountSmallDisk = (t: Test, size: string): SmallDisk | undefined => {
  if (!isRoot(t)) return undefined;
  const directory = temporaryDirectory(t);
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'flowledger-test', directory);
  } catch {
    const message = 'mount is not allowed';
    if (process.env.CI === 'true') t.fail(message);
    else t.pass(message, { skip: message });
    return undefined;
  }
  // Teardowns run last to first: it is unmounted before the directory is removed.
  t.teardown(() => run('umount', '--lazy', directory));
  return {
    directory,
    setReadOnly: (readOnly) => run('mount', '-o', `remount,${readOnly ? 'ro' : 'rw'}`, directory),
  };
};
