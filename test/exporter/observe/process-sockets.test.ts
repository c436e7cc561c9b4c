import t from 'tap';
import { ProcessSockets } from '../../../exporter/observe/process-sockets.ts';
import { FakeProcesses } from '../../support/fake-processes.ts';

const inode = 4711;
const isOpen = (): boolean => true;

t.test('the process that has the socket, and then from memory', (t) => {
  const reader = new FakeProcesses({
    1: {},
    20: { sockets: { 0: 0, 5: inode } },
    30: { sockets: { 5: 99 } },
  });
  const sockets = new ProcessSockets(reader);
  t.equal(sockets.recall(inode, 0), undefined);
  t.match(sockets.search(inode, 'new', 0, undefined, isOpen, 0), {
    pid: 20,
    isCached: false,
    stat: { startTicks: 20 },
  });
  t.match(sockets.recall(inode, 10), { pid: 20, isCached: true });
  const { links } = reader.asked;
  sockets.recall(inode, 40);
  t.equal(reader.asked.links, links, 'a moment later it is taken for granted');
  t.match(sockets.recall(inode, 500), { pid: 20, isCached: true });
  t.ok(reader.asked.links > links, 'later it is checked');
  reader.all.delete(20);
  t.equal(sockets.recall(inode, 1000), undefined, 'it has ended');
  t.equal(sockets.search(inode, 'new', 20, undefined, isOpen, 1000), undefined);
  t.end();
});

t.test('another process with the same number is not the one that was seen', (t) => {
  const reader = new FakeProcesses({ 20: { sockets: { 5: inode } } });
  const sockets = new ProcessSockets(reader);
  sockets.search(inode, 'new', 0, undefined, isOpen, 0);
  reader.change(20, { startTicks: 5000 });
  t.equal(sockets.recall(inode, 500), undefined, 'not from memory');

  reader.beforeLink = () => reader.change(20, { startTicks: (reader.all.get(20)?.startTicks ?? 0) + 1 });
  t.equal(
    sockets.search(inode, 'new', 0, undefined, isOpen, 600),
    undefined,
    'nor when it changes while we look',
  );
  t.end();
});

t.test('what several have is nobody’s', (t) => {
  const shared = { sockets: { 5: inode } };
  for (const [what, processes] of Object.entries({
    'a forked child': { 20: shared, 21: { ...shared, parent: 20 } },
    'a sibling': { 3: {}, 20: { ...shared, parent: 3 }, 21: { ...shared, parent: 3 } },
    'standard input of a child (inetd)': { 20: shared, 21: { parent: 20, sockets: { 0: inode } } },
  })) {
    for (const age of ['new', 'old'] as const)
      for (const likely of [0, 20, 21]) {
        const sockets = new ProcessSockets(new FakeProcesses(processes));
        t.equal(
          sockets.search(inode, age, likely, undefined, isOpen, 0),
          'shared',
          `${what}, ${age}, ${likely}`,
        );
        t.equal(sockets.recall(inode, 1000), 'shared');
      }
  }
  const handedOn = new FakeProcesses({ 20: shared, 40: { sockets: { 9: inode } } });
  t.equal(
    new ProcessSockets(handedOn).search(inode, 'old', 0, undefined, isOpen, 0),
    'shared',
    'an old socket: also by those who are no relatives',
  );
  t.end();
});

t.test('a child that is forked later takes the certainty away, and gives it back when it ends', (t) => {
  const reader = new FakeProcesses({ 20: { sockets: { 5: inode } } });
  const sockets = new ProcessSockets(reader);
  sockets.search(inode, 'old', 0, undefined, isOpen, 0);
  reader.change(21, { parent: 20, sockets: { 5: inode } });
  t.equal(sockets.recall(inode, 100), 'shared');
  reader.all.delete(21);
  t.equal(sockets.recall(inode, 200), 'shared', 'believed for some seconds');
  t.equal(sockets.recall(inode, 6000), undefined);
  t.match(sockets.search(inode, 'old', 0, undefined, isOpen, 6000), { pid: 20 });
  t.end();
});

t.test('where it looks first', (t) => {
  const reader = new FakeProcesses({
    20: { sockets: { 5: 1 } },
    30: { sockets: { 5: 2 } },
    40: { sockets: { 3: 0, 4: 0, 5: inode } },
  });
  const sockets = new ProcessSockets(reader);
  t.match(sockets.search(1, 'new', 20, undefined, isOpen, 0), { pid: 20 });
  t.equal(reader.asked.lists, 0, 'the likely process, without a list of all');
  t.match(sockets.search(2, 'new', 0, [30], isOpen, 0), { pid: 30 });
  t.equal(reader.asked.lists, 0, 'those of the control group');
  t.equal(sockets.search(inode, 'new', 0, [20, 30], isOpen, 0), undefined);
  const { links } = reader.asked;
  t.match(sockets.search(inode, 'new', 0, [40], isOpen, 0), { pid: 40 });
  t.ok(reader.asked.links - links < 8, 'a new socket has a high descriptor');
  t.end();
});

t.test('all at once, before many are asked about', (t) => {
  const reader = new FakeProcesses({
    20: { sockets: { 5: inode, 6: inode, 7: 0 } },
    21: { parent: 20, sockets: { 9: 12 } },
    30: { sockets: { 5: 12 } },
    40: { isHidden: true },
  });
  const sockets = new ProcessSockets(reader);
  sockets.scanAll(0);
  t.match(sockets.recall(inode, 10), { pid: 20, isCached: true }, 'twice in one process is not shared');
  t.equal(sockets.recall(12, 10), 'shared');
  t.equal(sockets.denied, 1);
  t.end();
});

t.test('a socket that is closed meanwhile is not looked for any longer', (t) => {
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [100 + i, {}]));
  const reader = new FakeProcesses(many);
  const sockets = new ProcessSockets(reader);
  t.equal(
    sockets.search(inode, 'new', 0, undefined, () => false, 0),
    undefined,
  );
  t.ok(reader.asked.descriptors < 10);
  t.equal(sockets.search(inode, 'new', 0, undefined, isOpen, 0), undefined);
  t.ok(reader.asked.descriptors >= 100);
  t.end();
});
