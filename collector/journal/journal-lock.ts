/**
 * One collector writes to a journal. On Linux the kernel holds the lock: an abstract socket (unix(7)), named after the directory's
 * device and inode, is gone when its process is. Another network namespace does not see it, so `journal.pid` says who holds the journal,
 * too, and elsewhere it is all there is.
 */

import { once } from 'node:events';
import { readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { ConfigError } from '../../shared/service/config-error.ts';
import { diskProblem } from './disk-problem.ts';

const pidFile = 'journal.pid';
const linux = process.platform === 'linux';

export interface JournalLock {
  /** What weakens the lock, for people. */
  readonly warnings: readonly string[];
  release(): Promise<void>;
}

const textOf = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);

/**
 * What names a process for ever: its number, its start in clock ticks since the boot (proc(5), field 22 of stat) and the boot. Undefined:
 * it does not run; a zombie holds no journal. Elsewhere than on Linux it is the number alone.
 */
const processName = async (pid: number): Promise<string | undefined> => {
  if (!linux) return isAlive(pid) ? `${pid}` : undefined;
  const stat = await textOf(`/proc/${pid}/stat`);
  // The second field, the command in parentheses, may hold spaces and parentheses itself.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  const [state, startTicks] = [fields[0], fields[19]];
  if (startTicks === undefined || state === 'Z' || state === 'X') return undefined;
  return `${pid} ${startTicks} ${(await textOf('/proc/sys/kernel/random/boot_id'))?.trim()}`;
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

const listenOn = async (directory: string): Promise<Server | undefined> => {
  const { dev, ino } = await stat(directory, { bigint: true });
  const server = createServer((socket) => socket.destroy());
  server.listen(`\0flowledger-journal-${dev}-${ino}`);
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
  // Any local user may connect; a connection that fails must not end the process.
  server.on('error', () => {});
  // The lock must not keep a process alive that has nothing else to do.
  return server.unref();
};

/** The process that `journal.pid` names, if that runs still. */
const findHolder = async (path: string): Promise<number | undefined> => {
  const written = (await textOf(path))?.trim() ?? '';
  const pid = Number.parseInt(written, 10);
  return pid > 0 && (await processName(pid)) === written ? pid : undefined;
};

/** Takes the lock; ConfigError when another collector, or this one, has it. The directory exists and can be written. */
export const lockJournal = async (directory: string): Promise<JournalLock> => {
  const path = join(directory, pidFile);
  const holder = await findHolder(path);
  const server = linux && holder === undefined ? await listenOn(directory) : undefined;
  if (holder !== undefined || (linux && server === undefined)) {
    const who = holder === undefined ? 'another collector' : `another collector (process ${holder})`;
    throw new ConfigError(
      `--journal ${directory} is in use by ${who}: stop that one, or give this one another directory with --journal DIR`,
    );
  }
  const warnings: string[] = [];
  const own = (await processName(process.pid)) ?? process.pid;
  await writeFile(path, `${own}\n`, { mode: 0o600 }).catch((error: unknown) => {
    const why = diskProblem(error, directory);
    warnings.push(`${path} cannot be written: ${why}; a second collector on this journal may go unnoticed`);
  });
  return {
    warnings,
    release: async () => {
      await unlink(path).catch(() => {});
      if (server !== undefined) await once(server.close(), 'close');
    },
  };
};
