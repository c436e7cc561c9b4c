import t from 'tap';
import type { LedgerView } from '../../../collector/ask/ledger-view.ts';
import { openLedger } from '../../../collector/ask/open-ledger.ts';
import type { FollowedRows } from '../../../collector/ask/report.ts';
import { parseContactList } from '../../../collector/reports/contact-list.ts';
import { watchContacts } from '../../../collector/reports/watch-contacts.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { type FlowRow, startAskLedger } from '../../support/ask-ledger.ts';
import { hasPeers } from '../../support/peers.ts';
import { biflow, nowMicros } from '../../support/question-ledger.ts';

t.test('a standing watch', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros });
  const view = openLedger(ledger.store.client, { nowMicros, zone: 'UTC' });
  let isAway = false;
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const flaky: LedgerView = {
    ...view,
    ask: async (query) => {
      if (isAway) throw new Error('connection refused');
      const rows = await view.ask(query);
      if (query.sql.includes('rollups')) begin();
      return rows as never;
    },
  };
  let list: string | undefined = '203.0.113.7,evil\n';
  const ended = new AbortController();
  const question = {
    ...{ range: { from: 0, to: nowMicros, isRelative: true }, filter: undefined, limit: 1, offset: 0 },
    ...{ argument: undefined, options: { follow: true } },
  };
  const watch = watchContacts({
    ...{ question, ledger: flaky, signal: ended.signal, pollMs: 1 },
    readList: async () => {
      if (list === undefined) throw new ConfigError('bad:1: x: not an address or a network');
      return parseContactList('bad', list);
    },
    fingerprint: async () => String(list),
  });
  /** A contact of `client`, received at a time of the day: `until` says how far the collector has stored everything. */
  const flow = (client: string, received: string, more: FlowRow = {}): FlowRow =>
    biflow({
      from: received,
      client,
      server: '203.0.113.7',
      port: 443,
      more: { received: `2026-11-20 ${received}`, ...more },
    });
  const stored = (until: string, rollup = 'nat_log'): Promise<void> =>
    ledger.insert(
      [{ rollup, collector: 'here', since: '2026-11-20 00:00:00', until: `2026-11-20 ${until}` }],
      'rollups',
    );
  const next = async (): Promise<FollowedRows> => (await watch.next()).value as FollowedRows;
  const clients = ({ rows }: FollowedRows): unknown[] =>
    rows.map(({ inside }) => String(inside).replace('::ffff:', ''));

  await ledger.insert([flow('10.0.0.1', '09:00:00')]);
  await stored('10:00:00');
  // The minutes are late, and the hours are no windows of receipt.
  await stored('09:59:00', 'flows_1m');
  await stored('11:00:00', 'talkers_1h');
  // What is there already is not news; the watch waits until something comes.
  t.same(await next(), { rows: [], remarks: ['watching 1 entry; ctrl-c ends'] });
  let waiting = next();
  await begun;
  await ledger.insert([
    flow('10.0.0.2', '10:00:01'),
    flow('10.0.0.9', '10:00:02', { dst_addr: '::ffff:203.0.113.8' }),
  ]);
  await stored('10:00:10');
  t.same(clients(await waiting), ['10.0.0.2'], 'what was received since, once it is known to be all there');

  waiting = next();
  // Of two batches the later one is there first: nothing is read before both are.
  await ledger.insert([flow('10.0.0.4', '10:00:15')]);
  await ledger.insert([flow('10.0.0.3', '10:00:12')]);
  await stored('10:00:20');
  t.same(clients(await waiting), ['10.0.0.3', '10.0.0.4'], 'each once');

  waiting = next();
  isAway = true;
  t.match(await waiting, { rows: [], remarks: ['no answer, trying on: connection refused'] });
  waiting = next();
  await ledger.insert([flow('10.0.0.5', '10:00:25')]);
  await stored('10:00:30');
  isAway = false;
  t.same(clients(await waiting), ['10.0.0.5'], 'what came meanwhile');
  t.match(await next(), { remarks: ['ClickHouse answers again'] });

  list = '203.0.113.8,worse\n';
  t.match(await next(), { remarks: ['the list has changed: 1 entry'] });
  waiting = next();
  await ledger.insert([
    flow('10.0.0.6', '10:00:35'),
    flow('10.0.0.7', '10:00:36', { dst_addr: '::ffff:203.0.113.8' }),
  ]);
  await stored('10:00:40');
  const [row] = (await waiting).rows;
  t.match(row, { inside: '::ffff:10.0.0.7', label: 'worse' });

  list = undefined;
  t.match(await next(), { remarks: [/cannot be used, so the last one holds: bad:1/] });

  waiting = next();
  ended.abort();
  t.equal(await waiting, undefined, 'it ends when it is told to');
});

t.test('what cannot begin', async (t) => {
  const watch = watchContacts({
    question: {
      range: { from: 0, to: 1, isRelative: true },
      filter: undefined,
      limit: 1,
      offset: 0,
      argument: undefined,
      options: {},
    },
    ledger: {
      ask: () => Promise.reject(new Error('away')),
      hasColumn: () => Promise.reject(new Error('away')),
    } as unknown as LedgerView,
    signal: new AbortController().signal,
    readList: async () => parseContactList('bad', '203.0.113.7'),
    fingerprint: async () => '1',
  });
  t.match((await watch.next()).value, { remarks: [/^watching 1 entry/] });
  await t.rejects(watch.next(), { message: 'away' });
});

t.test('a collector that makes no rollups', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros });
  const view = openLedger(ledger.store.client, { nowMicros, zone: 'UTC' });
  const question = {
    ...{ range: { from: 0, to: nowMicros, isRelative: true }, filter: undefined, limit: 1, offset: 0 },
    ...{ argument: undefined, options: { follow: true } },
  };
  // By the server's clock, of which the last minute is left out: a minute is not waited for here.
  let ahead = 0;
  const later: LedgerView = {
    ...view,
    ask: (query) => view.ask({ ...query, sql: query.sql.replaceAll('now64(6)', `now64(6) + ${ahead}`) }),
  };
  const clock = async (): Promise<string> => {
    const [row] = await ledger.store.sql<{ now: string }>('SELECT toString(now64(6)) AS now');
    return String(row?.now);
  };
  const ended = new AbortController();
  const watch = watchContacts({
    ...{ question, ledger: later, signal: ended.signal, pollMs: 1 },
    readList: async () => parseContactList('bad', '203.0.113.7'),
    fingerprint: async () => '',
  });
  const row = { exporter: '::1', collector: 'plain', first_seen: await clock(), last_seen: await clock() };
  await ledger.insert(
    [{ ...row, first_seen: row.first_seen.slice(0, 19), last_seen: row.last_seen.slice(0, 19) }],
    'exporters',
  );
  t.match((await watch.next()).value, { remarks: [/^watching 1 entry/] });
  const first = (await watch.next()).value as FollowedRows;
  t.match(first, {
    rows: [],
    remarks: [/collector plain makes no rollups: its contacts come 60 s after receipt/],
  });
  const waiting = watch.next();
  const flow = biflow({ from: '10:00:00', client: '10.0.0.1', server: '203.0.113.7', port: 443 });
  await ledger.insert([{ ...flow, collector: 'plain', received: await clock() }]);
  ahead = 120;
  const found = (await waiting).value as FollowedRows;
  t.match(found, { rows: [{ listed: '::ffff:203.0.113.7' }], remarks: [] });
  ended.abort();
});
