/** Starts that fail say why in a line for the operator and exit 2; starts that change the table say what they changed. */

import dgram from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import t from 'tap';
import { version } from '../../collector/package-version.ts';
import { hexBytes } from '../support/capture-builder.ts';
import { ipfixOf, makeFlows, netflow5Message } from '../support/flow-messages.ts';
import { findFreePort } from '../support/free-port.ts';
import { OwnServer } from '../support/own-server.ts';
import { hasPeers } from '../support/peers.ts';
import { type Ended, runCli } from '../support/run-cli.ts';
import { launchCollector, type RunningCollector, startCollector } from '../support/running-collector.ts';
import { sendDatagrams } from '../support/send-datagrams.ts';
import { askRows } from '../support/sql-client.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

/** A collector that stores into another one's ClickHouse: the same as a server of one's own, and it starts faster. */
const serverOf = (collector: RunningCollector, database: string): string[] => [
  '--clickhouse',
  `http://flowledger:${collector.password}@${new URL(collector.endpoint.url).host}/${database}`,
];

const collect = (...args: readonly string[]): Promise<Ended> =>
  runCli(['collect', '--http', 'off', ...args], { withinMs: 60_000 });

t.test('a port that is taken: exit 2 and one line that names the owner', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const other = dgram.createSocket('udp4').bind(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address();
  const { exitCode, stderr, stdout } = await collect(
    '--listen',
    `udp://127.0.0.1:${port}`,
    '--data',
    temporaryDirectory(t),
  );
  other.close();
  t.equal(exitCode, 2);
  t.equal(stdout, '');
  const lines = stderr.split('\n').filter((line) => line.startsWith('flowledger: '));
  t.match(lines, [
    new RegExp(
      `--listen udp://127\\.0\\.0\\.1:${port}: port ${port} is taken by pid ${process.pid} \\(.+\\)$`,
    ),
  ]);
  t.notMatch(stderr, /^ {4}at /m, 'no stack trace');
});

t.test('the port of --http is taken', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const { exitCode, stderr } = await runCli([
    'collect',
    '--listen',
    'udp://127.0.0.1:0',
    '--http',
    `127.0.0.1:${port}`,
    '--data',
    temporaryDirectory(t),
  ]);
  other.close();
  t.equal(exitCode, 2);
  t.match(
    stderr,
    new RegExp(
      `^flowledger: --http 127\\.0\\.0\\.1:${port}: port ${port} is taken by pid ${process.pid} `,
      'm',
    ),
  );
});

t.test('what is wrong with the command line is said before anything starts', async (t) => {
  const cases: readonly (readonly [args: readonly string[], said: RegExp])[] = [
    [['--listen', 'tcp://:1'], /--listen tcp:\/\/:1: not of the form udp:\/\/HOST:PORT/],
    [['--allow', '10.0.0.0/33'], /10\.0\.0\.0\/33/],
    [['--columns', 'nat,gold'], /no group gold; there are core, nat/],
    [['--journal-keep', '5x'], /--journal-keep 5x: not a duration, such as 50ms, 12h or 30d/],
    [['--journal-max', 'much'], /--journal-max much: /],
    [['--journal-sync', 'maybe'], /Allowed choices are off, interval, always/],
    [['--db', 'x'], /--db, --port and --append go with --pcap/],
    [['--ttl', 'soon'], /days are a whole number/],
    [['--max-disk', 'much'], /--max-disk.*much/],
    [['--exporters', '/nowhere.csv'], /--exporters \/nowhere\.csv: ENOENT/],
    [['--log', 'xml'], /Allowed choices are text, json/],
    [['--colour'], /unknown option '--colour'/],
    [['--clickhouse', 'ftp://x'], /--clickhouse: ftp:\/\/ is not supported/],
  ];
  for (const [args, said] of cases) {
    const dataDir = temporaryDirectory(t);
    const { exitCode, stderr } = await collect('--data', dataDir, ...args);
    t.same(readdirSync(dataDir), [], 'no database was started for it');
    t.equal(exitCode, 2, args.join(' '));
    t.match(stderr, said);
    t.notMatch(stderr, /^ {4}at /m, 'no stack trace');
  }
  t.equal((await runCli(['--version'])).stdout, `${version}\n`);
});

t.test('one data directory, one collector', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const collector = await startCollector(t);
  const { serverPid } = collector.endpoint;
  const second = (...args: readonly string[]): Promise<Ended> =>
    collect('--listen', 'udp://127.0.0.1:0', '--data', collector.dataDir, ...args);
  const { exitCode, stderr } = await second();
  t.equal(exitCode, 2);
  t.match(stderr, new RegExp(`--journal \\S+ is in use by another collector \\(process ${collector.pid}\\)`));
  const unjournaled = await second('--journal', 'off');
  t.equal(unjournaled.exitCode, 2);
  const wanted = `flowledger: data directory .* is in use by another ClickHouse \\(pid ${serverPid}\\): is a collector running there\\?`;
  t.match(unjournaled.stderr, new RegExp(wanted));
  t.same(await collector.sql('SELECT 1 AS one'), [{ one: 1 }], 'the first one is not disturbed');
  t.match(
    (await runCli(['sql', '--data', collector.dataDir, 'SELECT 2 AS two'])).stdout,
    /2/,
    'and can still be found',
  );
  t.equal((await collector.stop()).exitCode, 0);
});

t.test('column groups are added, a table that does not match is refused, --ttl is changed', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const server = await startCollector(t);
  const own = serverOf(server, 'own');
  /** Template 300: sourceIPv4Address, sourceMacAddress, octetDeltaCount; one record of it. */
  const withMac = [
    ipfixOf([hexBytes('0002 0014 012c 0003 0008 0004 0038 0006 0001 0004')]),
    ipfixOf([hexBytes('012c 0012 c0000201 020000000a0b 00000040')]),
  ];
  const run = async (rows: number, ...args: readonly string[]): Promise<RunningCollector> => {
    const collector = await startCollector(t, { args: [...own, ...args] });
    await sendDatagrams(collector, withMac);
    await until(`${rows} rows`, async () => {
      const [row] = await server.sql<{ n: number }>('SELECT count() AS n FROM own.flows');
      return row?.n === rows;
    });
    t.equal((await collector.stop()).exitCode, 0);
    return collector;
  };
  await run(1, '--columns', 'core');
  const columns = (): Promise<{ name: string }[]> =>
    server.sql<{ name: string }>(
      "SELECT name FROM system.columns WHERE database = 'own' AND table = 'flows'",
    );
  t.notOk((await columns()).some(({ name }) => name === 'src_mac' || name === 'nat_event'));
  const second = await run(2, '--columns', 'core,nat,l2');
  t.match(
    second.stderr,
    /added columns post_nat_src_addr, .*nat_event, .*src_mac, dst_mac, src_vlan, dst_vlan/,
  );
  t.ok((await columns()).some(({ name }) => name === 'src_mac'));
  t.same(
    await server.sql(
      "SELECT MACNumToString(src_mac) AS mac, extra['sourceMacAddress'] AS extra FROM own.flows ORDER BY received",
    ),
    [
      { mac: '00:00:00:00:00:00', extra: '02:00:00:00:0a:0b' },
      { mac: '02:00:00:00:0A:0B', extra: '' },
    ],
    'before, it was kept in extra',
  );
  await run(3, '--columns', 'core', '--ttl', '7');
  const engine = async (): Promise<string> => {
    const [row] = await server.sql<{ e: string }>(
      "SELECT engine_full AS e FROM system.tables WHERE database = 'own' AND name = 'flows'",
    );
    return row?.e ?? '';
  };
  t.match(await engine(), /TTL toDateTime\(received\) \+ toIntervalDay\(7\)/);
  const forEver = await run(4, '--ttl', '0');
  t.match(forEver.stderr, /rows are kept for ever \(before: 7 days\)/);
  t.notMatch(await engine(), /TTL/);

  await server.command('ALTER TABLE own.flows MODIFY COLUMN bytes UInt32');
  await server.command('ALTER TABLE own.flows MODIFY COLUMN domain UInt64');
  const { exitCode, stderr } = await collect('--listen', 'udp://127.0.0.1:0', ...own);
  t.equal(exitCode, 2);
  t.match(stderr, /flowledger: table own\.flows does not match/);
  t.match(stderr, /column bytes is UInt32, and should be UInt64/);
  t.match(stderr, /column domain is UInt64, and should be UInt32/);
  t.equal((await server.stop()).exitCode, 0);
});

t.test('--log json: every line is an object', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const server = await startCollector(t);
  const collector = launchCollector(t, {
    args: [...serverOf(server, 'json'), '--log', 'json', '--log-level', 'debug'],
  });
  const parsed = (): Record<string, unknown>[] =>
    collector.stderr.split('\n').flatMap((line) => (line === '' ? [] : JSON.parse(line)));
  const start = await until('it listens', () => {
    if (!collector.isRunning) throw new Error(collector.stderr);
    return collector.stderr.endsWith('\n') && parsed().find((line) => line.message === 'collecting');
  });
  t.match(start, {
    level: 'info',
    listen: /^udp:\/\/127\.0\.0\.1:\d+$/,
    http: /^http:\/\/127\.0\.0\.1:\d+$/,
    store: /json/,
  });
  const port = Number(/:(\d+)$/.exec(String(start.listen))?.[1]);
  await sendDatagrams({ port }, [netflow5Message(makeFlows(3))]);
  await until(
    'rows',
    async () => (await server.sql<{ n: number }>('SELECT count() AS n FROM json.flows'))[0]?.n === 3,
  );
  const { exitCode } = await collector.stop();
  t.equal(exitCode, 0);
  t.equal(collector.stdout, '', 'nothing else is printed');
  const last = parsed().at(-1);
  t.match(last, {
    level: 'info',
    message: /^stored 3 rows in .*; 0 rows could not be stored$/,
    datagrams: 1,
  });
  for (const line of parsed())
    t.match(line, { time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, level: /^\w+$/, message: /./ });
  await server.stop();
});

t.test(
  'ClickHouse is away at the start: /healthz tells, the journal grows, and then all is stored',
  async (t) => {
    if (!hasPeers(t, 'chdb')) return;
    const server = await OwnServer.start(t);
    await server.kill();
    const [port, httpPort] = [await findFreePort('udp'), await findFreePort('tcp')];
    const args = ['--clickhouse', server.argument, '--http', `127.0.0.1:${httpPort}`];
    const options = { listen: [`udp://127.0.0.1:${port}`], dataDir: temporaryDirectory(t), args };
    const collector = launchCollector(t, options);
    const get = async (path: string): Promise<Response | undefined> =>
      fetch(`http://127.0.0.1:${httpPort}${path}`).catch(() => undefined);
    const answer = await until('/healthz tells', async () => {
      const body = (await (await get('/healthz'))?.json()) as { reason?: string } | undefined;
      return /ClickHouse cannot be reached: .*ECONNREFUSED/.test(body?.reason ?? '') && body;
    });
    t.match(answer, { status: 'failing', lag_bytes: 0, journal_max_bytes: Number });
    t.equal((await get('/healthz'))?.status, 503);
    const metric = async (name: string): Promise<number> => {
      const text = (await (await get('/metrics'))?.text()) ?? '';
      return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
    };
    t.equal(await metric('flowledger_storing'), 0);
    const send = (first: number) =>
      sendDatagrams(
        { port },
        Array.from({ length: 10 }, (_, i) =>
          netflow5Message(makeFlows(30, first + 30 * i), { sequence: first + 30 * i }),
        ),
      );
    await send(0);
    const grown = async (): Promise<boolean> => (await metric('flowledger_lag_bytes')) > 10 * 30 * 48;
    await until('it waits in the journal', grown);
    t.ok((await metric('flowledger_journal_written_bytes_total')) > 10 * 30 * 48);
    // It ends in order while it waits, and the next run finds what it left.
    const ended = await collector.stop();
    t.equal(ended.exitCode, 0);
    t.match(
      ended.stderr,
      /stored 0 rows in .*; 0 rows could not be stored; .* wait in the journal for the next start/,
    );
    t.notMatch(ended.stderr, /^ {4}at /m, 'no stack trace');
    launchCollector(t, options);
    await until('it is back', async () => (await get('/healthz'))?.status === 503);
    await send(300);
    await server.start();
    await until('it is well', async () => (await get('/healthz'))?.status === 200, 40_000);
    const count = async (): Promise<object | undefined> =>
      (
        await askRows<object>(server.target, 'SELECT count() AS n, uniqExact(bytes) AS different FROM flows')
      )[0];
    await until('all is stored', async () => JSON.stringify(await count()) === '{"n":600,"different":600}');
    t.equal(await metric('flowledger_storing'), 1);
  },
);

t.test('--journal off: said at once, stored all the same', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const collector = await startCollector(t, { args: ['--journal', 'off'] });
  t.match(collector.stderr, /warn {2}--journal off: what was received and is not stored is lost/);
  t.match(collector.stdout, /^ {2}journal {4}off: /m);
  t.notOk(readdirSync(collector.dataDir).includes('journal'));
  await sendDatagrams(collector, [netflow5Message(makeFlows(30))]);
  await collector.waitForFlows(30);
  const { body } = await collector.health();
  t.notOk(Object.keys(body).some((name) => name.startsWith('journal')));
  t.equal((await collector.stop()).exitCode, 0);
});
