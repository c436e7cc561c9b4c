import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import { ProcFiles, parseStat } from '../../../exporter/observe/process-reader.ts';

const fields = (parent: number, startTicks: number): string =>
  `S ${parent} 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 11 0 ${startTicks} 5 6`;

t.test('a name may hold whatever the line is made of', (t) => {
  t.same(parseStat(`12 (a) b (c)) ${fields(7, 4711)}\n`), { name: 'a) b (c)', parent: 7, startTicks: 4711 });
  t.equal(parseStat(''), undefined);
  t.equal(parseStat('12 (a'), undefined);
  t.end();
});

t.test('files of a process', (t) => {
  const root = t.testdir({
    '12': {
      stat: `12 (web) ${fields(3, 99)}`,
      status: 'Name:\tweb\nUid:\t1\t33\t1\t1\nGid:\t2\t44\t2\t2\n',
      cmdline: 'web\0--user\0jörg\0',
      cgroup: '0::/a\n',
      task: { '12': { children: '13 14 ' } },
      fd: { '3': t.fixture('symlink', 'socket:[4711]'), '10': t.fixture('symlink', '/dev/null') },
    },
    '13': {},
    self: t.fixture('symlink', '12'),
  });
  const files = new ProcFiles(root);
  t.same(files.listProcesses().sort(), [12, 13]);
  t.same(files.readStat(12), { name: 'web', parent: 3, startTicks: 99 });
  t.same(files.readOwner(12), { uid: 33, gid: 44 }, 'effective, not real');
  t.equal(files.readCommand(12, 256), 'web --user jörg');
  t.equal(files.readCommand(12, 13), 'web --user j', 'cut between characters: ö has two octets');
  t.equal(files.readCgroups(12), '0::/a\n');
  t.same(files.listChildren(12), [13, 14]);
  t.same([...files.listDescriptors(12)].sort(), ['10', '3']);
  t.equal(files.readLink(12, '3'), 'socket:[4711]');
  t.equal(files.readLink(12, '4'), '');
  for (const pid of [13, 99]) {
    t.equal(files.readStat(pid), undefined);
    t.equal(files.readOwner(pid), undefined);
    t.equal(files.readCommand(pid, 256), '');
    t.same(files.listChildren(pid), []);
    t.same(files.listDescriptors(pid), []);
  }
  t.equal(files.denied, 0, 'what is gone is not denied');
  t.end();
});

t.test('processes of this machine', { skip: process.platform !== 'linux' && 'not Linux' }, async (t) => {
  const files = new ProcFiles();
  t.equal(files.readStat(process.pid)?.parent, process.ppid);
  t.same(files.readOwner(process.pid), { uid: process.geteuid?.(), gid: process.getegid?.() });
  t.ok(files.listProcesses().includes(process.pid));
  const server = createServer().listen(0);
  await once(server, 'listening');
  const links = files
    .listDescriptors(process.pid)
    .map((descriptor) => files.readLink(process.pid, descriptor));
  t.ok(links.some((link) => /^socket:\[\d+\]$/.test(link)));
  server.close();
  const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)', 'some argument'], {
    stdio: 'ignore',
  });
  await once(child, 'spawn');
  t.match(files.readCommand(child.pid ?? 0, 4096), /setInterval.* some argument$/);
  child.kill('SIGKILL');
  await once(child, 'exit');
});
