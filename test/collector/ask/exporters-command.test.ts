import { PassThrough } from 'node:stream';
import t from 'tap';
import { type ExporterRow, problemsOf, runExporters } from '../../../collector/ask/exporters-command.ts';
import { hasPeers } from '../../support/peers.ts';
import { startCollector } from '../../support/running-collector.ts';

const well: ExporterRow = {
  exporter: '192.0.2.1',
  domain: 0,
  name: 'edge-1',
  site: 'Bern',
  version: 9,
  last_seen: '2026-03-01 12:00:00',
  silent_seconds: 2,
  templates: 3,
  sampling_rate: 1000,
  sampling_source: 'options',
  clock_offset_ms: -120,
  datagrams: 60,
  flows: 1200,
  missing: 0,
  duplicate: 0,
  restarts: 0,
  malformed: 0,
  waiting: 0,
  expired: 0,
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
});

const text = (stream: PassThrough): string => String(stream.read() ?? '');

t.test('the table, out of a real one', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const collector = await startCollector(t);
  const { dataDir } = collector;
  const environment = {};
  const run = async (json: boolean) => {
    const [out, err] = [new PassThrough(), new PassThrough()];
    const status = await runExporters({ dataDir, environment, json }, out, err);
    return { status, out: text(out), err: text(err) };
  };
  t.same(await run(false), { status: 0, out: 'nobody has sent anything yet\n', err: '' });
  await collector.command(
    `INSERT INTO exporters (exporter, domain, collector, name, version, first_seen, last_seen, templates, sampling_rate,
       sampling_source, datagrams, flows) VALUES
     ('2001:db8::1', 7, 'x', '', 10, now(), now(), 4, 1, 'default', 10, 1234567),
     ('::ffff:192.0.2.9', 1, 'x', 'edge', 5, now(), now(), 0, 100, 'header', 2, 60)`,
  );
  const { status, out } = await run(false);
  t.equal(status, 0);
  const lines = out.trimEnd().split('\n');
  t.equal(lines.length, 4);
  t.match(lines[2], /^192\.0\.2\.9 +1 +edge +v5 .* 1:100 +header .* none$/);
  t.match(lines[3], /^2001:db8::1 +7 +IPFIX .* 1:1 +default .* 1\.23M .* none$/);
  const objects = (await run(true)).out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(objects[0], { exporter: '192.0.2.9', flows: 60, problems: [] });
  await collector.command('RENAME TABLE exporters TO exporters_gone');
  const failed = await run(false);
  t.equal(failed.status, 1);
  t.match(failed.err, /exporters/);
  t.notMatch(failed.err, /version \d/, 'readable');
  await collector.stop();
});
