import { Writable } from 'node:stream';
import t from 'tap';
import type { Report } from '../../../collector/ask/report.ts';
import { runReport } from '../../../collector/ask/run-report.ts';
import { compileFilter } from '../../../collector/filter/compile-filter.ts';
import { startAskLedger } from '../../support/ask-ledger.ts';
import { hasPeers } from '../../support/peers.ts';

const nowMicros = Date.parse('2026-11-21T14:00:00Z') * 1000;

/** Lists bytes, largest first. */
const report: Report = {
  ...{
    name: 'sizes',
    summary: 'sizes',
    options: [],
    defaultLastMicros: 3600e6,
    defaultLimit: 2,
    isPaged: true,
  },
  plan: ({ filter, limit, offset, range }) => ({
    query: {
      sql: `SELECT src_addr, bytes, toUnixTimestamp64Micro(flow_end) AS ended FROM flows
WHERE flow_end >= fromUnixTimestamp64Micro({from:Int64}) AND (${filter?.sql() ?? '1'}) ORDER BY bytes DESC LIMIT {limit:UInt64} OFFSET {offset:UInt64}`,
      params: { from: range.from, limit, offset, ...filter?.params },
    },
    columns: [
      { name: 'src_addr', title: 'source', kind: 'address' },
      { name: 'bytes', title: 'bytes', kind: 'bytes' },
      { name: 'ended', title: 'end', kind: 'time' },
    ],
    source: 'flows',
    conclude: (rows) => [`${rows.length} of them`],
  }),
};

const flow = (bytes: number) => ({
  flow_end: '2026-11-21 13:59:00',
  src_addr: '::ffff:10.0.0.5',
  proto: 6,
  bytes,
});

t.test('the layouts', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros, compileFilter });
  const footing = (sentence: string): string =>
    `2026-11-21 13:00:00 to 2026-11-21 14:00:00 UTC (1 h), from flows${sentence}\n`;
  const empty = await ledger.run(report, { layout: 'table' }, { columns: 80 });
  t.same(empty, { status: 0, out: footing('\nthere is no data in the ledger yet\n0 of them'), err: '' });
  await ledger.insert([flow(3), flow(2), flow(1)]);
  t.same(await ledger.run(report, { layout: 'json' }), {
    status: 0,
    out: '{"src_addr":"10.0.0.5","bytes":3,"ended":"2026-11-21T13:59:00Z"}\n{"src_addr":"10.0.0.5","bytes":2,"ended":"2026-11-21T13:59:00Z"}\n',
    err: footing('\n2 of them\nnothing was received before 2026-11-21 13:59:00: the ledger begins there'),
  });
  t.match(await ledger.run(report, { layout: 'csv', limit: 1, zone: 'Europe/Zurich' }), {
    out: 'src_addr,bytes,ended\r\n10.0.0.5,3,2026-11-21T14:59:00+01:00\r\n',
  });
  t.match(await ledger.run(report, { layout: 'table', page: 2 }), {
    out: 'src_addr\tbytes\tended\n10.0.0.5\t1\t2026-11-21T13:59:00Z\n',
  });
  const { out } = await ledger.run(report, { layout: 'table', limit: 1 }, { columns: 80 });
  t.equal(out.split('\n')[2], '10.0.0.5    3 B  2026-11-21 13:59:00');
  t.match(out, /\n\n2026-11-21 13:00:00 to .*\n1 of them\n/);
  const filter = 'bytes > 1 and src ip 10.0.0.5';
  t.equal((await ledger.rows(report, { filter })).length, 2);
  const sql = await ledger.run(report, { layout: 'sql', filter });
  t.equal((await ledger.store.sql(sql.out)).length, 2, 'it runs as it is printed');
});

t.test('what goes wrong', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros, compileFilter });
  const refuses = (request: object, message: RegExp) =>
    t.rejects(ledger.run(report, request), { name: 'ConfigError', message });
  await refuses(
    { zone: 'Mars' },
    /^--zone Mars: no such time zone; it is UTC, local, or a name such as Europe\/Zurich$/,
  );
  await refuses({ from: 'soon' }, /^--from soon: not a time/);
  await refuses(
    { filter: 'vlan 5' },
    /^--filter: src_vlan, dst_vlan need the column group l2: start the collector with --columns nat,l2$/,
  );
  await refuses({ clickhouse: undefined, dataDir: '/nowhere' }, /^no collector is running on \/nowhere/);
  const broken: Report = {
    ...report,
    plan: () => ({ query: { sql: 'SELECT nonsense', params: {} }, columns: [], source: '' }),
  };
  t.match(await ledger.run(broken), {
    status: 1,
    out: '',
    err: /^ClickHouse: .*nonsense.*\(UNKNOWN_IDENTIFIER\)\n$/,
  });
  t.match(await ledger.run(report, { clickhouse: 'http://127.0.0.1:1' }), {
    status: 1,
    err: /^ClickHouse cannot be reached: [^\n]*\n$/,
  });
  const ours: Report = {
    ...report,
    plan: () => {
      throw new TypeError('a mistake of ours');
    },
  };
  await t.rejects(ledger.run(ours), { name: 'TypeError' });
});

t.test('what is done after the answer', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros, compileFilter });
  await ledger.insert([flow(1)]);
  let done = 0;
  const writing: Report = {
    ...report,
    plan: async (question, view) => ({
      ...(await report.plan(question, view)),
      afterwards: async () => [`written ${++done}\u0007`],
    }),
  };
  const json = await ledger.run(writing);
  t.match(json.err, /1 of them\n(?:.*\n)*written 1\\u0007\n$/, 'beside the rows');
  t.match(await ledger.run(writing, { layout: 'table' }, { columns: 80 }), {
    err: '',
    out: /written 2\\u0007\n$/,
  });
  await ledger.run(writing, { layout: 'sql' });
  t.equal(done, 2, 'nothing was asked');
});

t.test('a reader that has seen enough', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { store, insert } = await startAskLedger(t, { nowMicros });
  await insert(Array.from({ length: 3000 }, (_, i) => flow(i)));
  const closing = new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
  });
  const { url, user, password } = store.connection;
  const clickhouse = `${url.replace('://', `://${user}:${password}@`)}/flowledger`;
  const request = {
    dataDir: '',
    clickhouse,
    environment: {},
    zone: 'local',
    limit: 3000,
    options: {},
    layout: 'json',
  } as const;
  const said: string[] = [];
  const err = new Writable({
    write: (chunk, _encoding, done) => {
      said.push(String(chunk));
      done();
    },
  });
  t.equal(await runReport(report, request, { nowMicros, compileFilter }, closing, err), 0);
  t.same(said, []);
});
