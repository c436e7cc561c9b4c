import { statSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { CgroupPaths } from '../../../exporter/observe/cgroup-paths.ts';
import { ProcessDescriber } from '../../../exporter/observe/process-describer.ts';
import { noId } from '../../../exporter/observe/process-facts.ts';
import { ProcessUsers } from '../../../exporter/observe/process-users.ts';
import { FakeProcesses } from '../../support/fake-processes.ts';

const container = 'ab'.repeat(32);

const makeRig = (test: Test, command = true, maxCommandBytes = 256) => {
  const folder = test.testdir({
    passwd: 'root:x:0:0\nwww:x:33:33\n',
    cgroup: { 'web.service': {}, [`docker-${container}.scope`]: {} },
  });
  const idOf = (path: string): number => statSync(join(folder, 'cgroup', path)).ino;
  const reader = new FakeProcesses({
    20: {
      name: 'nginx',
      command: 'nginx -g daemon',
      owner: { uid: 33, gid: 34 },
      cgroups: '0::/web.service\n',
    },
  });
  const paths = new CgroupPaths(join(folder, 'cgroup'));
  const users = new ProcessUsers(join(folder, 'passwd'));
  const describer = new ProcessDescriber(reader, paths, users, { command, maxCommandBytes });
  const describe = (isCached: boolean, cgroupId: number, nowMs: number) =>
    describer.describe(
      { pid: 20, stat: reader.readStat(20) ?? { name: '', parent: 0, startTicks: 0 }, isCached },
      0,
      cgroupId,
      nowMs,
    );
  return { reader, describer, describe, idOf };
};

t.test('all of a process, in one object for all its connections', (t) => {
  const { reader, describe, idOf } = makeRig(t);
  const cgroupId = idOf('web.service');
  const facts = describe(false, cgroupId, 0);
  t.same(facts, {
    quality: 3,
    pid: 20,
    uid: 33,
    gid: 34,
    name: 'nginx',
    user: 'www',
    command: 'nginx -g daemon',
    cgroup: '/web.service',
    cgroupId,
    containerId: '',
  });
  t.equal(describe(false, cgroupId, 500), facts);
  t.equal(reader.asked.commands, 1);
  t.equal(describe(false, cgroupId, 5000), facts, 'read again, and nothing new');
  t.equal(reader.asked.commands, 2);
  t.same(describe(true, cgroupId, 5000), { ...facts, quality: 4 });
  t.equal(describe(true, cgroupId, 5000), describe(true, cgroupId, 5100));
  t.end();
});

t.test('another program, another user, another life', (t) => {
  const { reader, describe, idOf } = makeRig(t);
  const cgroupId = idOf('web.service');
  describe(false, cgroupId, 0);
  reader.change(20, { name: 'curl', command: 'curl x' });
  t.match(describe(false, cgroupId, 1), { name: 'curl', command: 'curl x' }, 'exec is seen at once');
  reader.change(20, { owner: { uid: 0, gid: 0 } });
  t.match(describe(false, cgroupId, 2000), { uid: 0, user: 'root' }, 'setuid within a second');
  reader.change(20, { startTicks: 99, command: 'curl y' });
  t.match(describe(false, cgroupId, 2001), { command: 'curl y' }, 'a pid that is used again');
  reader.change(20, { startTicks: 100, owner: undefined } as never);
  t.match(
    describe(false, cgroupId, 2002),
    { uid: 0, gid: noId },
    'it has ended since: the user of the socket',
  );
  t.end();
});

t.test('containers, by the socket’s control group or by other hierarchies', (t) => {
  const { reader, describe, idOf } = makeRig(t);
  const path = `docker-${container}.scope`;
  t.match(describe(false, idOf(path), 0), { cgroup: `/${path}`, containerId: container });
  reader.change(20, { cgroups: `4:memory:/docker/${container}\n0::/\n` });
  t.match(describe(false, idOf('.'), 2000), { cgroup: '/', containerId: container });
  t.end();
});

t.test('a control group that is not in the mount: as the process says', (t) => {
  const { reader, describe } = makeRig(t);
  reader.change(20, { cgroups: '0::/elsewhere.service\n' });
  t.match(describe(false, 1, 0), { cgroup: '/elsewhere.service', cgroupId: 1 });
  t.end();
});

t.test('arguments can be left out, or cut', (t) => {
  t.equal(makeRig(t, false).describe(false, 0, 0).command, '');
  t.equal(makeRig(t, true, 5).describe(false, 0, 0).command, 'nginx');
  t.end();
});

t.test('sockets without a process', (t) => {
  const { describer, idOf } = makeRig(t);
  const cgroupId = idOf('web.service');
  const facts = describer.describeSocket(33, cgroupId, 0);
  t.match(facts, {
    quality: 2,
    pid: 0,
    uid: 33,
    user: 'www',
    gid: noId,
    cgroup: '/web.service',
    command: '',
  });
  t.equal(describer.describeSocket(33, cgroupId, 9), facts);
  t.match(describer.describeSocket(33, 0, 0), { quality: 1, uid: 33, cgroup: '', cgroupId: 0 });
  t.match(describer.describeSocket(noId, cgroupId, 0), { quality: 2, uid: noId, user: '' });
  t.equal(describer.describeSocket(noId, 0, 0), undefined);
  t.end();
});
