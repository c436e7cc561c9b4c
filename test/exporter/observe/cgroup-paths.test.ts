import { mkdirSync, renameSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { CgroupPaths, findCgroupMount, findContainerId } from '../../../exporter/observe/cgroup-paths.ts';

const id = '0123456789abcdef'.repeat(4);

t.test('where the second version is mounted', (t) => {
  const hybrid = `25 20 0:22 / /sys/fs/cgroup ro - tmpfs tmpfs ro
26 25 0:23 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate
27 25 0:24 / /sys/fs/cgroup/systemd rw shared:10 - cgroup cgroup rw,name=systemd`;
  t.equal(findCgroupMount(hybrid), '/sys/fs/cgroup/unified');
  t.equal(findCgroupMount('1 2 0:3 / /my\\040cgroups rw - cgroup2 none rw\n'), '/my cgroups');
  t.equal(findCgroupMount('1 2 0:3 / / rw - ext4 /dev/sda rw\n'), undefined);
  t.end();
});

t.test('containers, by the path of their control group', (t) => {
  for (const path of [
    `/system.slice/docker-${id}.scope`,
    `/docker/${id}`,
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-${id}.scope`,
    `/kubepods/besteffort/pod1/${id}`,
    `/machine.slice/libpod-${id}.scope/container`,
    `/machine.slice/crio-${id}.scope`,
  ])
    t.equal(findContainerId(path), id, path);
  for (const path of [
    '/',
    '',
    '/system.slice/nginx.service',
    `/machine.slice/libpod-conmon-${id}.scope`,
    `/docker/${id}0`,
  ])
    t.equal(findContainerId(path), '', path);
  const inner = 'f'.repeat(64);
  t.equal(findContainerId(`/docker/${id}/docker/${inner}`), inner, 'the innermost');
  t.end();
});

t.test('numbers are those of directories', (t) => {
  const mount = t.testdir({
    'system.slice': { 'nginx.service': { 'cgroup.procs': '12\n7\n' } },
    'cgroup.procs': '1\n',
  });
  const inodeOf = (path: string): number => statSync(join(mount, path)).ino;
  const paths = new CgroupPaths(mount);
  const nginx = inodeOf('system.slice/nginx.service');
  t.equal(paths.pathOf(nginx, 1000), '/system.slice/nginx.service');
  t.equal(paths.pathOf(inodeOf('.'), 1000), '/');
  t.same(paths.processesOf('/system.slice/nginx.service'), [12, 7]);
  t.equal(paths.processesOf('/'), undefined, 'all of the machine');
  t.equal(paths.processesOf('/gone'), undefined);

  const created = join(mount, 'new.scope');
  mkdirSync(created);
  t.equal(paths.pathOf(inodeOf('new.scope'), 1100), '', 'the tree was walked a moment ago');
  t.equal(paths.pathOf(inodeOf('new.scope'), 1300), '/new.scope');

  mkdirSync(join(mount, 'other.scope'));
  const other = inodeOf('other.scope');
  t.notOk(paths.learn(other, '/new.scope'), 'not its number');
  t.notOk(paths.learn(other, '/nowhere'));
  t.ok(paths.learn(other, '/other.scope'), 'a process said where it is');
  t.equal(paths.pathOf(other, 1300), '/other.scope');
  renameSync(created, join(mount, 'system.slice', 'new.scope'));
  rmdirSync(join(mount, 'other.scope'));
  t.equal(paths.pathOf(other, 9000), '/other.scope', 'what has gone keeps its name');
  t.equal(paths.pathOf(0, 9000), '');
  t.end();
});

t.test('without a mount there are numbers only', (t) => {
  const paths = new CgroupPaths(undefined);
  t.equal(paths.pathOf(1, 0), '');
  t.notOk(paths.learn(1, '/'));
  t.equal(paths.processesOf('/x'), undefined);
  t.end();
});
