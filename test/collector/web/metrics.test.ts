import t from 'tap';
import { type MetricsSnapshot, makeMetrics } from '../../../collector/web/metrics.ts';

const lines = (text: string, name: string): string[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith(name))
    .sort();

t.test('values are those of the moment of the scrape', async (t) => {
  let templates = 3;
  const metrics = makeMetrics(() => ({
    flowledger_templates: templates,
    flowledger_lag_seconds: 0,
    flowledger_insert_seconds_total: 1.5,
    flowledger_records_total: [
      { labels: ['stored'], value: 100 },
      { labels: ['options'], value: 0 },
    ],
    flowledger_malformed_total: [{ labels: ['192.0.2.1', 'set-too-short'], value: 2 }],
  }));
  const first = await metrics.text();
  t.same(lines(first, 'flowledger_templates'), ['flowledger_templates 3']);
  t.same(lines(first, 'flowledger_lag_seconds'), ['flowledger_lag_seconds 0']);
  t.same(lines(first, 'flowledger_insert_seconds_total'), ['flowledger_insert_seconds_total 1.5']);
  t.same(lines(first, 'flowledger_records_total'), [
    'flowledger_records_total{outcome="options"} 0',
    'flowledger_records_total{outcome="stored"} 100',
  ]);
  t.same(lines(first, 'flowledger_malformed_total'), [
    'flowledger_malformed_total{exporter="192.0.2.1",reason="set-too-short"} 2',
  ]);
  t.same(lines(first, 'flowledger_disk_bytes'), [], 'what is not in the snapshot has no value');
  t.match(first, /^# HELP flowledger_disk_bytes /m);
  t.match(first, /^# TYPE flowledger_malformed_total counter$/m);
  t.match(first, /^# TYPE flowledger_templates gauge$/m);
  templates = 1;
  t.same(lines(await metrics.text(), 'flowledger_templates'), ['flowledger_templates 1']);
  t.same(lines(await metrics.text(), 'flowledger_records_total{outcome="stored"}'), [
    'flowledger_records_total{outcome="stored"} 100',
  ]);
  t.match(metrics.contentType, /^text\/plain/);
});

t.test('the number of label sets is bounded, and no counter goes back', async (t) => {
  let refused: Array<{ labels: string[]; value: number }> = [];
  const metrics = makeMetrics((): MetricsSnapshot => ({ flowledger_refused_datagrams_total: refused }), 2);
  const scrape = async (...pairs: ReadonlyArray<readonly [string, number]>): Promise<string[]> => {
    refused = pairs.map(([exporter, value]) => ({ labels: [exporter], value }));
    const values = lines(await metrics.text(), 'flowledger_refused_datagrams_total');
    return values.map((line) => line.replace(/.*exporter="(.*)"} /, '$1 '));
  };
  t.same(await scrape(['a', 1], ['b', 2]), ['a 1', 'b 2']);
  t.same(await scrape(['c', 5], ['a', 1], ['d', 6], ['b', 3]), ['a 1', 'b 3', 'other 11'], 'a place is kept');
  t.same(
    await scrape(['c', 6], ['a', 1], ['d', 6]),
    ['a 1', 'c 6', 'other 11'],
    'a free place is taken, and the rest does not go back',
  );
  t.same(await scrape(['c', 6], ['a', 1], ['d', 9], ['e', 4], ['d', 3]), ['a 1', 'c 6', 'other 16']);
});

t.test('the reason stays when the exporter is folded', async (t) => {
  const metrics = makeMetrics(
    () => ({
      flowledger_malformed_total: [
        { labels: ['a', 'x'], value: 1 },
        { labels: ['b', 'x'], value: 2 },
        { labels: ['c', 'x'], value: 3 },
        { labels: ['c', 'y'], value: 4 },
        { labels: ['a', 'x'], value: 10 },
      ],
    }),
    1,
  );
  t.same(lines(await metrics.text(), 'flowledger_malformed_total'), [
    'flowledger_malformed_total{exporter="a",reason="x"} 11',
    'flowledger_malformed_total{exporter="other",reason="x"} 5',
    'flowledger_malformed_total{exporter="other",reason="y"} 4',
  ]);
});
