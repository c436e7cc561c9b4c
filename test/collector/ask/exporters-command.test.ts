import { PassThrough } from 'node:stream';
import t from 'tap';
import {
  type ExporterRow,
  formatExporters,
  otherProblemsOf,
  problemsOf,
  runExporters,
} from '../../../collector/ask/exporters-command.ts';
import { writeEndpoint } from '../../../collector/store/endpoint.ts';
import { migrate } from '../../../collector/store/migrate.ts';
import { hasPeers } from '../../support/peers.ts';
import { startTestStore } from '../../support/test-store.ts';

const well: ExporterRow = {
  exporter: '192.0.2.1',
  domain: 0,
  collector: 'here',
  name: 'edge-1',
  site: 'Bern',
  version: 9,
  first_seen: '2026-02-01 12:00:00',
  last_seen: '2026-03-01 12:00:00',
  silent_seconds: 2,
  templates: 3,
  sampling_rate: 1000,
  sampling_source: 'options',
  clock_offset_ms: -120,
  datagrams: 60,
  flows: 1200,
  options: 3,
  missing: 0,
  reordered: 0,
  duplicate: 0,
  unknown_gaps: 0,
  restarts: 0,
  malformed: 0,
  waiting: 0,
  expired: 0,
  refused: 0,
  queue_drops: 0,
  journal_drops: 0,
};

t.test('problems in words', async (t) => {
  const said = (change: Partial<ExporterRow>) => problemsOf({ ...well, ...change });
  t.same(said({}), []);
  t.same(said({ silent_seconds: 400 }), ['silent for 6 min 40 s']);
  t.same(said({ templates: 0 }), ['no Template yet']);
  t.same(said({ templates: 0, version: 5 }), [], 'v5 has none');
  t.same(said({ missing: 20 }), ['20 datagrams missing (25 %)'], 'v9 counts datagrams');
  t.match(said({ missing: 20, version: 10 }), [/^20 records missing /]);
  t.match(said({ missing: 20, version: 5 }), [/^20 flows missing /]);
  t.same(said({ clock_offset_ms: -3_600_000 }), ['clock 1 h behind']);
  t.same(said({ clock_offset_ms: 7000 }), ['clock 7 s ahead']);
  t.same([...said({ restarts: 1 }), ...said({ restarts: 2 })], ['restarted once', 'restarted 2 times']);
  t.same(said({ duplicate: 3, malformed: 1 }), ['3 duplicates', '1 malformed']);
  t.same(said({ journal_drops: 1234 }), ['the journal was full: 1.23k datagrams went unstored']);
  t.same(said({ refused: 2, queue_drops: 3 }), [
    '2 datagrams refused by --allow',
    'the queue was full: 3 datagrams dropped',
  ]);
  t.same(said({ waiting: 1, expired: 2 }), [
    '1 Data Sets wait for a Template',
    '2 Data Sets lost: their Template never came',
  ]);
});

t.test('what nobody in the table accounts for', async (t) => {
  const nothing = { kernel_drops: 0, queue_drops: 0, refused: 0, journal_drops: 0, not_stored: 0 };
  t.same(otherProblemsOf(nothing), []);
  t.same(otherProblemsOf({ ...nothing, kernel_drops: 5, queue_drops: 2 }), [
    'kernel drops 5',
    'queue drops 2',
  ]);
  t.same(otherProblemsOf({ ...nothing, refused: 1, journal_drops: 2, not_stored: 3000 }), [
    'refused 1',
    'journal drops 2',
    'rows not stored 3k',
  ]);
});

const titles = (table: string): string[] => (table.split('\n')[0] ?? '').trim().split(/ {2,}/);

t.test('columns that say nothing are left out', async (t) => {
  const plain = { name: '', site: '', sampling_rate: 1, sampling_source: 'default', clock_offset_ms: 0 };
  const shown = (...changes: Partial<ExporterRow>[]): string[] =>
    titles(
      formatExporters(changes.map((change) => ({ ...well, ...plain, templates: 0, version: 5, ...change }))),
    );
  const always = ['exporter', 'domain', 'version', 'last seen', 'received', 'flows', 'missing', 'problems'];
  t.same(shown({}), always);
  t.same(shown({}, { reordered: 1 }), always.toSpliced(7, 0, 'reordered'));
  t.same(shown({}, { collector: 'there' }), always.toSpliced(2, 0, 'collector'));
  t.same(shown({ templates: 1, name: 'x' }), always.toSpliced(4, 0, 'templates').toSpliced(2, 0, 'name'));
});

t.test('never wider than 120 places', async (t) => {
  const bad = { duplicate: 12, malformed: 4, journal_drops: 1_234_567, silent_seconds: 4000 };
  const some = formatExporters([well, { ...well, domain: 7, ...bad }]);
  t.notOk(titles(some).includes('problems'));
  t.match(
    some,
    /\n\n192\.0\.2\.1 domain 7: silent for .*; 12 duplicates; 4 malformed; the journal was full: 1\.23M datagrams .*\n/,
  );
  const worst = {
    ...{ exporter: '2001:db8:1111:2222:3333:4444:5555:6666', domain: 4294967295, reordered: 1, waiting: 1 },
    ...{ expired: 1, refused: 1, queue_drops: 1, missing: 99_999_999, version: 10, collector: 'there' },
  };
  const wide = formatExporters([well, { ...well, ...bad, ...worst }]);
  for (const table of [some, wide]) {
    const lines = table.slice(0, table.indexOf('\n\n')).split('\n');
    t.ok(lines.length === 4 && lines.every((line) => line.length <= 120), table);
  }
  t.match(wide, /not shown for want of room: clock, templates, .*; see --json\n$/);
  const left = ['exporter', 'domain', 'collector', 'version', 'last seen', 'received', 'flows', 'missing'];
  t.same(titles(wide), left);
});

const text = (stream: PassThrough): string => String(stream.read() ?? '');

t.test('the table, out of a real one', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { client, dataDir, connection } = await startTestStore(t);
  await migrate(client);
  writeEndpoint(dataDir, {
    url: connection.url,
    database: 'flowledger',
    serverPid: process.pid,
    collectorPid: process.pid,
  });
  const command = (query: string) => client.command({ query });
  const run = async (json: boolean) => {
    const [out, err] = [new PassThrough(), new PassThrough()];
    const status = await runExporters({ dataDir, environment: {}, json }, out, err);
    return { status, out: text(out), err: text(err) };
  };
  t.same(await run(false), { status: 0, out: 'nobody has sent anything yet\n', err: '' });
  await command(
    "INSERT INTO exporter_loss (minute, exporter, refused) VALUES (now(), '::ffff:192.0.2.66', 7)",
  );
  t.same((await run(false)).out, 'nobody has sent anything yet\nall  refused 7\n', 'why that may be');
  await command('TRUNCATE TABLE exporter_loss');

  await command(
    `INSERT INTO exporters (exporter, domain, collector, name, version, first_seen, last_seen, templates, sampling_rate,
       sampling_source, datagrams, flows) VALUES
     ('2001:db8::ffff:7', 7, 'x', '', 10, now(), now(), 4, 1, 'default', 10, 1234567),
     ('::ffff:192.0.2.9', 9, 'x', '', 9, now(), now(), 1, 1, 'default', 2, 60),
     ('::ffff:192.0.2.9', 1, 'x', 'edge', 5, now(), now(), 0, 100, 'header', 2, 60)`,
  );
  const well = (await run(false)).out.trimEnd().split('\n');
  t.equal(well.length, 5);
  t.match(well[2], /^192\.0\.2\.9 +1 +edge +v5 .* 1:100 header +2 +60 +0$/);
  t.match(well[3], /^192\.0\.2\.9 +9 .* 1:1 default /);
  t.match(well[4], /^2001:db8::ffff:7 +7 +IPFIX .* 4 +1:1 default +10 +1\.23M +0$/);

  const losses = `INSERT INTO exporter_loss (minute, exporter, domain, collector, refused, queue_drops, kernel_drops, journal_drops)
    VALUES (toStartOfMinute(now()), '::ffff:192.0.2.9', 0, 'x', 1, 2, 0, 40), (now() + 60, '::ffff:192.0.2.9', 0, 'x', 0, 0, 0, 2),
      (now() - 3600, '::ffff:192.0.2.9', 0, 'x', 0, 0, 0, 1000), (now(), '::', 0, 'x', 0, 3, 5, 0), (now(), '::', 0, 'y', 0, 0, 6, 0)`;
  await command(losses.replaceAll('now()', 'toDateTime(1800000000)'));
  await command(
    'ALTER TABLE exporters UPDATE first_seen = toDateTime(1800000000) WHERE 1 SETTINGS mutations_sync = 2',
  );
  await command(losses.replaceAll('now()', 'toDateTime(1800000000)'));
  const { status, out } = await run(false);
  t.equal(status, 0);
  t.match(
    out,
    /^192\.0\.2\.9 domain 1: .*1 datagrams refused .*: 2 datagrams dropped; .* full: 42 datagrams went/m,
  );
  t.match(out, /\nall {2}kernel drops 11, queue drops 3\n$/);
  const objects = (await run(true)).out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(objects, [
    { exporter: '192.0.2.9', domain: 1, flows: 60, refused: 1, queue_drops: 2, journal_drops: 42 },
    { exporter: '192.0.2.9', domain: 9, refused: 0, queue_drops: 0, journal_drops: 0 },
    { exporter: '2001:db8::ffff:7', domain: 7, journal_drops: 0, reordered: 0 },
    { exporter: '::', kernel_drops: 11, queue_drops: 3, problems: ['kernel drops 11', 'queue drops 3'] },
  ]);

  await command('RENAME TABLE exporters TO exporters_gone');
  const failed = await run(false);
  t.equal(failed.status, 1);
  t.match(failed.err, /exporters/);
  t.notMatch(failed.err, /version \d/, 'readable');
});
