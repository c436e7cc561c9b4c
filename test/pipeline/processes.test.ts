/** `export conntrack --process` with the real kernel: who is named was it, and whoever stays is named. */

import t, { type Test } from 'tap';
import { ConnectionWatch } from '../support/connection-watch.ts';
import { NetworkNamespace } from '../support/network-namespace.ts';
import { hasPeers, isRoot } from '../support/peers.ts';
import { type ClientKind, clientKinds, labPorts, ProcessLab } from '../support/process-lab.ts';
import { startExporter } from '../support/running-exporter.ts';
import { until } from '../support/until.ts';

const each = 20;
const processes = { command: true, maxCommandBytes: 256 };

const startLab = async (t: Test, name: string) => {
  if (!isRoot(t) || !hasPeers(t, 'ip', 'nft', 'conntrack')) return undefined;
  const namespace = new NetworkNamespace(`fl-${name}-${process.pid}`);
  t.teardown(() => namespace.remove());
  const lab = new ProcessLab(namespace);
  await lab.started();
  return { namespace, lab };
};

t.test('short connections: nobody is named who was it not', async (t) => {
  const rig = await startLab(t, 'short');
  if (rig === undefined) return;
  const { namespace, lab } = rig;
  const watch = new ConnectionWatch(namespace, { events: ['new'], bufferBytes: 4 << 20, processes });
  await watch.waitFor('opened');
  // A read that waits is interrupted by that.
  watch.signal('SIGSTOP');
  watch.signal('SIGCONT');
  for (const kind of Object.keys(clientKinds) as ClientKind[]) {
    const before = watch.find('connection').length;
    const truth = await lab.run(kind, each);
    let named = 0;
    for (const { protocol, port, pids } of truth) {
      const { srcProcess, dstProcess } = await until(`NEW of port ${port}`, () =>
        watch
          .find('connection')
          .slice(before)
          .find((c) => c.protocol === protocol && c.srcPort === port),
      );
      if (srcProcess?.pid) {
        named++;
        if (!pids.includes(srcProcess.pid)) t.fail(`${kind}: ${srcProcess.pid}, not ${pids}`);
      }
      if (dstProcess?.pid && dstProcess.pid !== lab.serverPid)
        t.equal(dstProcess.pid, lab.serverPid, 'the server');
    }
    t.pass(`${kind}: ${named} of ${truth.length} named, all of them right`);
  }
  watch.command('stop');
  const { counters, attribution } = await watch.waitFor('stopped');
  t.match(counters, { overruns: 0, malformed: 0 });
  t.match(attribution, { remote: 0, skipped: 0 });
  await watch.ended();
});

t.test('connections that stay: the process, with each record', async (t) => {
  const rig = await startLab(t, 'long');
  if (rig === undefined) return;
  const { namespace, lab } = rig;
  const older = await lab.connectAndStay();
  const args = ['--process', '--events', 'new,destroy', '--print', 'json', '--no-cmdline'];
  const exporter = await startExporter(t, namespace, args);
  const younger = await lab.connectAndStay();
  await until('NEW is printed', () => exporter.stdout.includes(`"src_port":${younger.port},`));
  const { stdout, stderr, exitCode } = await exporter.stop();
  t.equal(exitCode, 0);
  const printed = stdout
    .split('\n')
    .filter((line) => line.includes(`"dest_port":${labPorts.tcp},`))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const ofPort = (port: number) => printed.filter((record) => record.src_port === port);
  t.equal(ofPort(younger.port).length, 2, 'NEW, and the last record');
  for (const record of ofPort(younger.port)) {
    t.match(record, { 'process.pid': younger.pids[0], 'process.name': 'bash', 'process.quality': 'exact' });
    t.match(record, { 'dst_process.pid': lab.serverPid, 'dst_process.uid': 0, 'dst_process.user': 'root' });
    t.notOk('process.command' in record, '--no-cmdline');
  }
  t.match(
    ofPort(older.port),
    [{ 'process.pid': older.pids[0], 'process.quality': 'cached', 'dst_process.pid': lab.serverPid }],
    'one that was there before us',
  );
  t.match(stderr, /process_exact=\d+ process_cached=\d+/);
});

t.test('without the right to look into processes: user and control group, and that is said', async (t) => {
  const rig = await startLab(t, 'hidden');
  if (rig === undefined) return;
  const { namespace, lab } = rig;
  const watch = new ConnectionWatch(namespace, {
    events: ['new'],
    bufferBytes: 1 << 20,
    processes,
    unprivileged: 'for processes',
  });
  await watch.waitFor('opened');
  const { port } = await lab.connectAndStay();
  const { srcProcess } = await watch.waitFor('connection', (c) => c.srcPort === port);
  t.match(srcProcess, { pid: 0, uid: 0, user: 'root', quality: 2 });
  t.ok((srcProcess?.cgroupId ?? 0) > 0);
  const said = await watch.waitFor('log', ({ message }) => /CAP_SYS_PTRACE/.test(message));
  t.match(said.message, /user and control group/);
  watch.command('stop');
  await watch.waitFor('stopped');
  await watch.ended();
  t.equal(watch.find('log').length, 1, 'said once');
});
