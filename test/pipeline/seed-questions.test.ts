/** The questions of the documents that fixtures/seeds is from, asked with the shipped commands about their own lines. */

import { copyFileSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { noId } from '../../exporter/observe/process-facts.ts';
import { askCli } from '../support/ask-cli.ts';
import { makeTestRecord } from '../support/flow-records.ts';
import { hasPeers } from '../support/peers.ts';
import { matchRows } from '../support/questions-ask.ts';
import { runCli } from '../support/run-cli.ts';
import { type RunningCollector, startCollector } from '../support/running-collector.ts';
import { sendDatagrams } from '../support/send-datagrams.ts';
import { SessionRig } from '../support/session-rig.ts';

const seed = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/seeds/${name}.txt`, import.meta.url));

const exportLog = async (t: Test, port: number, ...args: readonly string[]): Promise<void> => {
  const { exitCode, stderr } = await runCli(['export', ...args, '--to', `udp://127.0.0.1:${port}`]);
  t.equal(exitCode, 0, stderr);
};

/** A copy that was written when its first line was: a listing has no time, and a line of syslog no year. */
const dated = (directory: string, name: string, writtenAt: string): string => {
  const path = join(directory, name);
  copyFileSync(seed(name), path);
  utimesSync(path, new Date(writtenAt), new Date(writtenAt));
  return path;
};

/** `1373127220: ipv4/tcp 127.0.0.1/59047 > 127.0.0.1/1234 :: 2387 1000:1000 /user/x.service :: ncat -v cane 1234` */
const loggedLine =
  /^(?<ts>\d+): ipv(?<family>[46])\/tcp (?<src>\S+)\/(?<sport>\d+) > (?<dst>\S+)\/(?<dport>\d+) :: (?<pid>\d+) (?<uid>\d+):(?<gid>\d+) (?<service>\S+) :: (?<cmdline>.*)$/;

/** What the exporter sends where it sees the connections of these lines, and the processes that opened them. */
const sendProcesses = async (port: number): Promise<void> => {
  const lines = readFileSync(seed('conntrack-logger'), 'utf8').trimEnd().split('\n');
  const connections = lines.map((line) => loggedLine.exec(line)?.groups ?? {});
  const { session, sent } = new SessionRig();
  session.start(Number(connections[0]?.ts) * 1000);
  for (const { ts, family, src = '', sport, dst = '', dport, ...process } of connections) {
    const atMs = Number(ts) * 1000;
    const record = makeTestRecord({
      ...{ form: 'event', source: 'conntrack', event: 'new', firewallEvent: 1, hasCounters: false },
      ...{ family: family === '6' ? 6 : 4, protocol: 6, endMicros: atMs * 1000 },
      ...{ srcAddress: src, srcPort: Number(sport), dstAddress: dst, dstPort: Number(dport) },
      srcProcess: {
        ...{
          quality: 3,
          pid: Number(process.pid),
          uid: Number(process.uid),
          gid: Number(process.gid ?? noId),
        },
        ...{ name: '', user: '', command: process.cmdline ?? '', cgroup: process.service ?? '' },
        ...{ cgroupId: 0, containerId: '' },
      },
    });
    session.export(record, atMs);
    session.tick(atMs + 1000);
  }
  await sendDatagrams({ port }, sent);
};

type Questions = (t: Test, collector: RunningCollector) => Promise<void>;

const whoHad: Questions = async (t, collector) => {
  const at = (time: string) => ['--at', `2014-02-22 ${time}`];
  const listed = await askCli(collector, 'nat-lookup', '1.2.3.4:53500', ...at('11:00:01'));
  matchRows(t, listed.rows, [
    {
      ...{ inside_addr: '192.168.1.129', inside_port: 53400, remote_addr: '19.1.16.7', remote_port: 443 },
      ...{ translated: 'source', from: '2014-02-22T11:00:00Z', to: null, proto: 6 },
    },
  ]);
  const before = await askCli(collector, 'nat-lookup', '1.2.3.4:53500', ...at('10:58:00'));
  t.same(before.rows, []);
  t.match(before.said, /not in use then\n.*192\.168\.1\.129:53400 had it from 2014-02-22 11:00:00/);
  const logged = await askCli(collector, 'nat-lookup', '1.2.3.4:60946', ...at('11:59:44'));
  matchRows(t, logged.rows, [
    {
      ...{ inside_addr: '192.168.1.129', inside_port: 60846, remote_addr: '68.232.35.139', remote_port: 443 },
      from: '2014-02-22T11:59:43Z',
    },
  ]);
  t.same((await askCli(collector, 'nat-lookup', '1.2.3.4:60947', ...at('11:59:44'))).rows, []);
  const range = ['--from', '2014-02-22', '--to', '2014-02-23'];
  const used = await askCli(collector, 'nat-lookup', '--inside', '192.168.1.129', ...range);
  t.same(used.rows.map(({ public_port }) => public_port).sort(), ['53500', '60946'], 'the inverse');
};

/** All lines of ulogd. */
const howMuch: Questions = async (t, collector) => {
  const range = ['--from', '2014-02-22', '--to', '2014-02-23'];
  const { rows } = await askCli(collector, 'flows', ...range);
  matchRows(t, rows, [
    { time: '2014-02-22T11:59:43Z', kind: 'event', src_port: 60846, nat_src_addr: '1.2.3.4' },
    {
      ...{ time: '2014-02-22T11:59:34Z', kind: 'event', dst_addr: '2001:41d0:1:9598::1', dst_port: 22 },
      ...{ src_addr: '2a01:e35:1394:5bd0:da50:b6ff:fe3c:4250', src_port: 51162, nat_src_addr: null },
    },
    {
      // 1393068302.637516 to 1393068424.403240, in milliseconds.
      ...{ time: '2014-02-22T11:27:04.403Z', kind: 'flow', proto: 6, duration: 121.766 },
      ...{ src_addr: '2a01:e35:1394:5ad0:da50:e6ff:fe3c:1250', src_port: 51384 },
      ...{ dst_addr: '2001:41d0:1:9598::1', dst_port: 22 },
      ...{ bytes: 5600, packets: 23, reverse_bytes: 4328, reverse_packets: 20 },
    },
    { kind: 'event', src_port: 53400 },
    {
      // Its beginning is not in the line: that is not known, and no duration of decades.
      ...{ time: '2014-02-22T10:50:36Z', src_addr: '61.174.51.209', src_port: 6000, bytes: 0, packets: 0 },
      ...{ dst_addr: '192.168.1.129', dst_port: 22, duration: null },
    },
  ]);
  const seen = await askCli(collector, 'seen', '[2001:41d0:1:9598::1]:22', ...range);
  matchRows(t, seen.rows, [
    {
      ...{ client: '2a01:e35:1394:5ad0:da50:e6ff:fe3c:1250', flows: 1, bytes_to: 5600, bytes_from: 4328 },
      ...{ first: '2014-02-22T11:25:02.637Z', last: '2014-02-22T11:27:04.403Z' },
    },
  ]);
};

const request = 'ZXCC9-Ko6WsU10yuyRWf7wAAAIA';
const session = '8fda8ccee7d2a555c910cf9d2d5afb5e';

const whichConnections: Questions = async (t, collector) => {
  const trace = (...args: readonly string[]) => askCli(collector, 'trace', ...args);
  const said = { request_id: request, session_id: session, mapping: 'root', host: 'lesbos' };
  const both = [
    {
      ...{ side: 'front', src_addr: '172.18.60.2', src_port: 18982, dst_addr: '172.18.60.225', dst_port: 80 },
      ...{ ...said, time: '2023-12-06T14:19:35.763Z', client: '172.18.60.2' },
    },
    {
      ...{ side: 'back', src_addr: '172.18.98.225', src_port: 54444, dst_addr: '172.18.98.50', dst_port: 80 },
      ...said,
    },
  ];
  const then = ['--at', '2023-12-06 15:19:36', '--zone', 'Europe/Zurich'];
  const day = ['--from', '2023-12-06', '--to', '2023-12-07'];
  const asked = {
    'a request': [request, ...day],
    'its connection behind': ['--back', '172.18.98.225:54444', ...then],
    'its client': ['--client', '172.18.60.2:18982', ...then],
    'its session': ['--session', session, ...day],
  };
  for (const [what, args] of Object.entries(asked)) matchRows(t, (await trace(...args)).rows, both, what);
  const nothing = {
    'the hour before': ['--back', '172.18.98.225:54444', '--at', '2023-12-06 15:19:36'],
    'another port': ['--client', '172.18.60.2:18983', ...then],
    'another session': ['--session', session.replace('8', '9'), ...day],
    'another request': [request.toLowerCase(), ...day],
  };
  for (const [what, args] of Object.entries(nothing)) {
    const { rows, said } = await trace(...args);
    t.same(rows, [], what);
    t.match(said, what === 'the hour before' ? /there is 1 at other times, .*14:19:35\.763/ : /is about it/);
  }
};

const whoseSocket: Questions = async (t, collector) => {
  const process = async (...args: readonly string[]) => (await askCli(collector, 'process', ...args)).rows;
  const ids = '1000:1000';
  matchRows(t, await process('--port', '59047', '--at', '2013-07-06 16:13:41'), [
    {
      ...{ pid: 2387, ids, service: 'enlightenment.service', command: 'ncat -v cane 1234', quality: 'exact' },
      ...{ local: '127.0.0.1', remote: '127.0.0.1', remote_port: 1234, first: '2013-07-06T16:13:40Z' },
      cgroup: '/user/1000.user/1.session/systemd-1196/enlightenment.service',
    },
  ]);
  t.same(await process('--port', '59047', '--at', '2013-07-06 16:13:30'), [], 'ten seconds earlier');
  const day = ['--from', '2013-07-06', '--to', '2013-07-07'];
  matchRows(t, await process('--service', 'dbus.service', ...day), [
    {
      ...{ pid: 28865, ids, command: 'python /usr/libexec/dbus-lastfm-scrobbler', local: '192.168.0.12' },
      ...{ local_port: 34870, remote: '195.24.232.208', remote_port: 80 },
    },
  ]);
  matchRows(t, await process('--command', 'curl', ...day), [
    {
      ...{ pid: 2354, command: 'curl -s -o /dev/null ipv6.google.com', local_port: 55446 },
      ...{ local: '2001:470:1f0b:11de::12', remote: '2607:f8b0:4006:802::1010' },
    },
  ]);
  t.same(await process('--service', 'sshd.service', ...day), []);
};

t.test('the seeds', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const collector = await startCollector(t);
  const { port } = collector;
  const directory = t.testdir();
  const listing = dated(directory, 'conntrack-listing', '2014-02-22T11:00:00Z');
  const logemu = dated(directory, 'ulogd-logemu', '2014-02-22T12:00:00Z');
  await Promise.all([
    exportLog(t, port, 'ulogd', listing),
    exportLog(t, port, 'ulogd', logemu, '--zone', 'UTC'),
    exportLog(t, port, 'ulogd', seed('ulogd-json'), '--zone', 'Europe/Paris'),
    exportLog(t, port, 'airlock', seed('airlock-conntrace')),
    sendProcesses(port),
  ]);
  await collector.waitForFlows(9);
  const questions: readonly (readonly [string, Questions])[] = [
    ['who had a public address and port', whoHad],
    ['what a connection carried, and for how long', howMuch],
    ['which connections a request took', whichConnections],
    ['which process had a port', whoseSocket],
  ];
  t.jobs = questions.length;
  await Promise.all(
    questions.map(([name, ask]) => t.test(name, { buffered: true }, (t) => ask(t, collector))),
  );
  t.equal((await collector.stop()).exitCode, 0);
});
