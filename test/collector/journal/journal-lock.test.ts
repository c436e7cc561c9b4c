import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { lockJournal } from '../../../collector/journal/journal-lock.ts';
import { isRoot } from '../../support/peers.ts';
import { mountSmallDisk } from '../../support/small-disk.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { until } from '../../support/until.ts';

const linux = process.platform === 'linux';
const program = join(import.meta.dirname, '../../support/lock-holder.ts');

interface Holder {
  readonly child: ChildProcess;
  /** The first thing it says. */
  readonly said: string;
}

const startHolder = async (t: Test, directory: string, ...before: readonly string[]): Promise<Holder> => {
  const [command = '', ...args] = [...before, process.execPath, '--import=tsx', program, directory];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, said: said.toString().trim() };
};

const inUse = (directory: string, pid: number | undefined): string =>
  `--journal ${directory} is in use by another collector (process ${pid}): stop that one, or give this one another directory with --journal DIR`;

t.test('one at a time, by whatever name', async (t) => {
  const directory = temporaryDirectory(t);
  const first = await lockJournal(directory);
  t.same(first.warnings, []);
  const message = inUse(directory, process.pid);
  await t.rejects(lockJournal(directory), { name: 'ConfigError', message });
  const link = join(temporaryDirectory(t), 'link');
  symlinkSync(directory, link);
  await t.rejects(lockJournal(link), { name: 'ConfigError' });
  await first.release();
  t.notOk(existsSync(join(directory, 'journal.pid')));
  await (await lockJournal(link)).release();
});

t.test('two that begin at once', async (t) => {
  const directory = temporaryDirectory(t);
  const results = await Promise.allSettled([1, 2, 3].map(() => lockJournal(directory)));
  const locks = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  t.equal(locks.length, 1);
  await locks[0]?.release();
});

t.test('directories do not lock each other', async (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, 'a'));
  const locks = [await lockJournal(directory), await lockJournal(join(directory, 'a'))];
  for (const lock of locks) await lock.release();
});

t.test('a process that is killed lets go', async (t) => {
  const directory = temporaryDirectory(t);
  const { child, said } = await startHolder(t, directory);
  t.equal(said, 'opened');
  await t.rejects(lockJournal(directory), { message: inUse(directory, child.pid) });
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.ok(existsSync(join(directory, 'journal.pid')), 'it had no time to clean up');
  const lock = await lockJournal(directory);
  t.equal(Number.parseInt(readFileSync(join(directory, 'journal.pid'), 'utf8'), 10), process.pid);
  await lock.release();
});

t.test('a process in another network namespace', async (t) => {
  if (!linux || !isRoot(t)) return;
  const directory = temporaryDirectory(t);
  const { child, said } = await startHolder(t, directory, 'unshare', '--net');
  t.equal(said, 'opened');
  await t.rejects(lockJournal(directory), { message: inUse(directory, child.pid) });
});

t.test('a zombie holds nothing', { skip: !linux }, async (t) => {
  const directory = temporaryDirectory(t);
  // The shell becomes a sleeper, which never asks how its child ended; only then the child is told to end.
  const script = 'exec 3<&0; (read line <&3) & echo $!; exec sleep 60';
  const parent = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => parent.kill('SIGKILL'));
  const [said] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(said.toString());
  await until('the shell sleeps', () => readFileSync(`/proc/${parent.pid}/comm`, 'utf8') === 'sleep\n');
  parent.stdin.write('\n');
  const statOf = (): string[] => readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ');
  await until('the child has ended', () => statOf()[2] === 'Z');
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
  writeFileSync(join(directory, 'journal.pid'), `${pid} ${statOf()[21]} ${boot}`);
  await (await lockJournal(directory)).release();
});

t.test(
  'a number that another process has got since, or before the last boot, and nonsense',
  { skip: !linux },
  async (t) => {
    const directory = temporaryDirectory(t);
    const path = join(directory, 'journal.pid');
    const start = readFileSync(`/proc/${process.pid}/stat`, 'utf8').split(' ')[21];
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    writeFileSync(path, `${process.pid} ${start} ${boot}\n`);
    await t.rejects(lockJournal(directory), { message: inUse(directory, process.pid) });
    const stale = [
      `${process.pid} ${Number(start) - 1} ${boot}\n`,
      `${process.pid} ${start} 00000000-0000-0000-0000-000000000000\n`,
      `${process.pid}\n`,
      '-1',
      '',
      '../../etc 1 2',
    ];
    for (const text of stale) {
      writeFileSync(path, text);
      await (await lockJournal(directory)).release();
    }
  },
);

t.test('whoever connects to the lock is hung up on', { skip: !linux }, async (t) => {
  const directory = temporaryDirectory(t);
  const lock = await lockJournal(directory);
  const { dev, ino } = statSync(directory);
  const socket = connect(`\0flowledger-journal-${dev}-${ino}`);
  socket.resume();
  await t.resolves(once(socket, 'close'));
  await lock.release();
});

t.test('a full disk does not keep a collector from its journal', async (t) => {
  const disk = mountSmallDisk(t, '64k');
  if (disk === undefined) return;
  t.throws(() => writeFileSync(join(disk.directory, 'filler'), new Uint8Array(1 << 20)), { code: 'ENOSPC' });
  const lock = await lockJournal(disk.directory);
  t.same(lock.warnings, [
    `${disk.directory}/journal.pid cannot be written: no space left on ${disk.directory} (ENOSPC); a second collector on this journal may go unnoticed`,
  ]);
  await lock.release();
});
