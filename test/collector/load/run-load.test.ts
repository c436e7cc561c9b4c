/** Loading as an operator does it: what was received, replayed, and captured are the same rows. */

import { join } from 'node:path';
import t, { type Test } from 'tap';
import { hexBytes } from '../../support/capture-builder.ts';
import {
  ipfixData,
  ipfixOf,
  ipfixTemplates,
  makeFlows,
  netflow5Message,
  netflow9Data,
  netflow9Templates,
} from '../../support/flow-messages.ts';
import { hasPeers } from '../../support/peers.ts';
import { ownCaptures } from '../../support/read-captures.ts';
import { Replay, readCapture } from '../../support/replay-capture.ts';
import { type Ended, runCli } from '../../support/run-cli.ts';
import { type RunningCollector, startCollector } from '../../support/running-collector.ts';
import { sendDatagrams } from '../../support/send-datagrams.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { until } from '../../support/until.ts';

const payloads = (): readonly Uint8Array[] => {
  const exportMs = Math.floor(Date.now() / 1000) * 1000;
  return [
    netflow5Message(makeFlows(30), { exportMs, domain: 0x0102, sampling: 0x4064 }),
    // Data first: it waits for its Template.
    netflow9Data([...makeFlows(5, 100), ...makeFlows(5, 110, 6)], { exportMs, domain: 9, sequence: 1 }),
    netflow9Templates({ exportMs, domain: 9, sequence: 2 }),
    ipfixTemplates({ exportMs, domain: 10 }),
    ipfixData(makeFlows(20, 200), { exportMs, domain: 10 }),
    // sourceIPv4Address, and an element of an enterprise that has no column: it goes to extra.
    ipfixOf([hexBytes('0002 0014 0190 0002 0008 0004 8001 0002 0000 fde9')], { exportMs, domain: 11 }),
    ipfixOf([hexBytes('0190 000c c0000201 abcd 0000')], { exportMs, domain: 11 }),
    hexBytes('000a 0010'),
  ];
};

/** Every column of every row, as text, in an order of their own. */
const rowsOf = async (collector: RunningCollector, database: string, where = '1'): Promise<string[]> => {
  const rows = await collector.sql<object>(`SELECT * FROM ${database}.flows WHERE ${where}`);
  return rows.map((row) => JSON.stringify(row)).sort();
};

const done = (t: Test, { exitCode, stdout, stderr }: Ended, said: RegExp): void => {
  t.equal(exitCode, 0, stderr);
  t.equal(stdout, '');
  t.match(stderr, said);
  t.notOk(stderr.includes('\r'), 'a progress bar is for a terminal only');
};

t.test('live, replayed and captured: the same rows', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const args = ['--name', 'here', '--columns', 'nat,packet', '--journal-keep', '1d'];
  const collector = await startCollector(t, { args });
  const { dataDir, port } = collector;
  await sendDatagrams({ port, from: '127.0.0.3' }, payloads());
  const replay = new Replay(port);
  for (const name of ['softflowd-v5.pcap', 'softflowd-v9.pcap', 'softflowd-v10.pcap'])
    await replay.send(await readCapture(join(ownCaptures, name)));
  await replay.close();
  const received = await until('all is decoded and stored', async () => {
    const decoded = await collector.metric('flowledger_records_total', 'flow');
    const stored = await collector.metric('flowledger_rows_stored_total', 'flows');
    return (
      decoded === stored && decoded > 61 && (await collector.metric('flowledger_lag_bytes')) === 0 && stored
    );
  });
  const live = await rowsOf(collector, 'flowledger');
  t.equal(live.length, received);
  const into = (...more: readonly string[]): readonly string[] => [
    ...['--data', dataDir, '--name', 'here', '--columns', 'nat,packet', ...more],
  ];

  done(t, await runCli(['journal', 'replay', ...into('--db', 'again')]), /loaded journal \S+ into again /);
  t.same(await rowsOf(collector, 'again'), live, 'journal replay');

  const capture = join(temporaryDirectory(t), 'journal.pcap');
  t.match(await runCli(['journal', 'to-pcap', '--data', dataDir, capture]), { exitCode: 0 });
  done(t, await runCli(['collect', '--pcap', capture, ...into('--db', 'captured')]), /loaded journal\.pcap /);
  t.same(await rowsOf(collector, 'captured'), live, 'to-pcap, and collect --pcap');

  const sum = ['--data', dataDir, '--db', 'again', '--format', 'TSV', 'SELECT count() FROM flows'];
  t.equal((await runCli(['sql', ...sum])).stdout.trim(), String(live.length), 'flowledger sql --db reads it');

  const exporter = "exporter = toIPv6('127.0.0.3')";
  await runCli(['journal', 'replay', ...into('--db', 'one', '--exporter', '127.0.0.3')]);
  t.same(await rowsOf(collector, 'one'), await rowsOf(collector, 'flowledger', exporter), '--exporter');
  const [at] = await collector.sql<{ micros: number }>(
    `SELECT max(toUnixTimestamp64Micro(received)) AS micros FROM flows WHERE ${exporter}`,
  );
  const middle = String(((at?.micros ?? 0) + 1) / 1e6);
  for (const [flag, database, compared] of [
    ['--to', 'early', '<='],
    ['--from', 'late', '>'],
  ] as const) {
    await runCli(['journal', 'replay', ...into('--db', database, flag, middle)]);
    const wanted = await rowsOf(
      collector,
      'flowledger',
      `toUnixTimestamp64Micro(received) ${compared} ${at?.micros}`,
    );
    t.ok(wanted.length > 0 && wanted.length < live.length);
    t.same(await rowsOf(collector, database), wanted, flag);
  }

  t.equal((await collector.stop()).exitCode, 0);
  done(t, await runCli(['journal', 'replay', ...into('--db', 'after')]), /loaded journal \S+ into after /);
  const last = await startCollector(t, { dataDir, args });
  t.same(await rowsOf(last, 'after'), live, 'while no collector runs');
  const books = (database: string) =>
    last.sql(`SELECT exporter, domain, sum(datagrams) AS datagrams, sum(records) AS records, sum(missing) AS missing,
      sum(malformed) AS malformed, sum(waiting) AS waiting FROM ${database}.exporter_loss FINAL
      GROUP BY exporter, domain ORDER BY exporter, domain`);
  t.same(await books('after'), await books('flowledger'), 'and the losses are counted alike');
  for (const table of ['interfaces', 'samplers', 'applications', 'vrfs', 'options']) {
    const rows = (database: string) => last.sql(`SELECT * FROM ${database}.${table} FINAL ORDER BY ALL`);
    t.same(await rows('after'), await rows('flowledger'), table);
  }
  const options = await last.sql<{ n: number }>('SELECT count() AS n FROM samplers FINAL');
  t.ok((options[0]?.n ?? 0) > 0, 'of which there are some');
  t.equal((await last.stop()).exitCode, 0);
});

t.test('what is wrong is said before anything is started', async (t) => {
  const dataDir = join(temporaryDirectory(t), 'data');
  const capture = join(ownCaptures, 'softflowd-v5.pcap');
  const cases: readonly (readonly [args: readonly string[], said: RegExp])[] = [
    [['--pcap', capture], /--pcap: say with --db NAME into which database/],
    [['--db', 'x'], /--db, --port and --append go with --pcap/],
    [['--append'], /--db, --port and --append go with --pcap/],
    [['--port', '2055'], /--db, --port and --append go with --pcap/],
    [['--pcap', '/nowhere.pcap', '--db', 'x'], /--pcap \/nowhere\.pcap: cannot be read \(ENOENT\)/],
    [['--pcap', capture, '--pcap', '/tmp', '--db', 'x'], /--pcap \/tmp: is a directory, and no capture/],
    [['--pcap', capture, '--db', 'x', '--port', 'ftp'], /a port is 1 to 65535/],
  ];
  for (const [args, said] of cases) {
    const { exitCode, stderr } = await runCli(['collect', '--data', dataDir, ...args]);
    t.equal(exitCode, 2, args.join(' '));
    t.match(stderr, said);
    t.notMatch(stderr, /^ {4}at /m, 'no stack trace');
  }
});
