import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { openCapture } from '../../../collector/load/history.ts';
import { type LoadOptions, loadHistory } from '../../../collector/load/load-history.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { Log } from '../../../shared/service/log.ts';
import { captureOf, datedFlows } from '../../support/dated-capture.ts';
import { ipfixData, ipfixTemplates, netflow5Message } from '../../support/flow-messages.ts';
import { hasPeers } from '../../support/peers.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { startTestStore, type TestStore } from '../../support/test-store.ts';

/** One server for all tests of this file; each has a database of its own. */
let store: TestStore;
let directory: string;

t.before(async () => {
  if (!hasPeers(t, 'chdb')) return;
  store = await startTestStore(t);
  directory = temporaryDirectory(t);
});

const fileOf = (name: string, octets: Uint8Array): string => {
  const path = join(directory, name);
  writeFileSync(path, octets);
  return path;
};

const load = async (
  database: string,
  files: readonly string[],
  more: Partial<LoadOptions> = {},
): Promise<{ status: number; said: string }> => {
  let said = '';
  const write = (line: string): void => {
    said += line;
  };
  const options: LoadOptions = {
    histories: files.map((file) => () => openCapture(file, undefined)),
    ...{ database, append: false, dataDir: directory, server: store.connection, columns: ['nat'] },
    ...{ keepExtra: true, exporters: [], rollups: undefined, name: undefined, ...more },
  };
  return { status: await loadHistory(options, new Log({ write, nowMs: () => 0 })), said };
};

/** Midnights in UTC, months apart. */
const days = ['2019-12-31', '2020-01-01', '2020-06-15', '2023-03-03'];
const microsOf = (day: string, second = 0): number => Date.parse(`${day}T00:00:00Z`) * 1000 + second * 1e6;
const messageOf = (first: number, count: number, micros: number): Uint8Array =>
  netflow5Message(datedFlows(first, count, micros), { exportMs: micros / 1000, sequence: first });

/** Two datagrams a day, three flows each. */
const ofManyDays = (): Uint8Array =>
  captureOf(
    days.flatMap((day, i) =>
      [0, 1].map((part) => {
        const micros = microsOf(day, 60 * part) + 7;
        return { micros, payload: messageOf(6 * i + 3 * part, 3, micros) };
      }),
    ),
  );

const skip = (t: Test): boolean => !hasPeers(t, 'chdb');

t.test(
  'several dates in one file: all rows, their times those of the capture, and none of them expires',
  async (t) => {
    if (skip(t)) return;
    const { status, said } = await load('dates', [fileOf('dates.pcap.gz', gzipSync(ofManyDays()))]);
    t.equal(status, 0);
    t.match(said, /info {2}loaded dates\.pcap\.gz into dates datagrams=8 rows=24 took=/);
    await store.client.command({ query: 'OPTIMIZE TABLE dates.flows FINAL' });
    t.same(
      await store.sql(`SELECT toString(toUnixTimestamp64Micro(received)) AS micros, groupArray(toUInt32(bytes)) AS bytes,
      any(collector) AS collector, any(toString(time_source)) AS clock
      FROM (SELECT * FROM dates.flows ORDER BY bytes) GROUP BY received ORDER BY received`),
      days.flatMap((day, i) =>
        [0, 1].map((part) => {
          const first = 64 + 6 * i + 3 * part;
          const micros = String(microsOf(day, 60 * part) + 7);
          return {
            micros,
            bytes: [first, first + 1, first + 2],
            collector: 'dates.pcap.gz',
            clock: 'uptime',
          };
        }),
      ),
    );
    const expiring = "SELECT name FROM system.tables WHERE database = 'dates' AND engine_full LIKE '% TTL %'";
    t.same(await store.sql(expiring), [], 'no table has a TTL');
    t.same(
      await store.sql('SELECT sum(datagrams) AS datagrams, sum(records) AS records FROM dates.exporter_loss'),
      [{ datagrams: '8', records: '24' }],
      'and the books are there',
    );
  },
);

t.test('a database that has flows is refused, unless the operator says --append', async (t) => {
  if (skip(t)) return;
  const file = fileOf('again.pcap', ofManyDays());
  const rollups = { inside: ['10.0.0.0/8'] };
  t.equal((await load('again', [file], { rollups })).status, 0);
  await t.rejects(
    load('again', [file]),
    new ConfigError('the database again has 24 flows already: name another one with --db, or say --append'),
  );
  const count = 'SELECT count() AS n, uniqExact(collector) AS names FROM again.flows';
  t.same(await store.sql(count), [{ n: '24', names: '1' }], 'nothing came');
  t.equal((await load('again', [file], { append: true, name: 'second', rollups })).status, 0);
  t.same(await store.sql(count), [{ n: '48', names: '2' }]);
  const rolledUp =
    "SELECT sum(bytes) = (SELECT sum(bytes) FROM again.flows) AS same, sum(flows) AS n FROM again.flows_1m WHERE about = 'interfaces'";
  t.same(await store.sql(rolledUp), [{ same: 1, n: '48' }], 'rollups are made of all that is there');
});

t.test('a capture that is cut off: what is whole is loaded, the rest is said', async (t) => {
  if (skip(t)) return;
  const whole = ofManyDays();
  const cut = fileOf('cut.pcap', whole.slice(0, -5));
  const after = fileOf('after.pcap', captureOf([{ micros: 1e15, payload: messageOf(100, 2, 1e15) }]));
  const { status, said } = await load('cut', [cut, after]);
  t.equal(status, 1);
  t.match(said, /loaded cut\.pcap into cut datagrams=7 rows=21 /);
  t.match(
    said,
    /error cut\.pcap cannot be read to its end problem="the capture was cut off: .*at octet \d+\)"/,
  );
  t.match(said, /loaded after\.pcap into cut datagrams=1 rows=2 /, 'and the next file is loaded');
  t.same(
    await store.sql('SELECT collector, count() AS n FROM cut.flows GROUP BY collector ORDER BY collector'),
    [
      { collector: 'after.pcap', n: '2' },
      { collector: 'cut.pcap', n: '21' },
    ],
  );
  const gzip = gzipSync(whole);
  const packed = await load('cutgzip', [fileOf('cut.pcap.gz', gzip.subarray(0, gzip.length - 12))]);
  t.equal(packed.status, 1);
  t.match(packed.said, /cannot be read to its end problem="the gzip file is damaged or cut off/);
});

t.test('what came out of order, was malformed, or has no Template is said', async (t) => {
  if (skip(t)) return;
  const flows = datedFlows(0, 2, 2e15);
  const payloads = [
    messageOf(0, 1, 2e15),
    new Uint8Array([0, 9, 1]),
    ipfixData(flows, { exportMs: 2e12 }),
    messageOf(1, 1, 2e15),
  ];
  const file = fileOf(
    'odd.pcap',
    captureOf(payloads.map((payload, i) => ({ payload, micros: 2e15 + (i === 3 ? -5e6 : 0) }))),
  );
  const { status, said } = await load('odd', [file]);
  t.equal(status, 0, 'that is how it was received');
  t.match(said, /datagrams=4 rows=2 malformed=1 sets_without_template=1 /);
  t.match(said, /warn {2}1 datagram came out of order/);
  t.same(
    await store.sql(
      'SELECT toString(toUnixTimestamp64Micro(received)) AS micros FROM odd.flows ORDER BY received',
    ),
    [{ micros: '2000000000000000' }, { micros: '2000000000000003' }],
    'no two datagrams have the same time',
  );
});

t.test('data that waited has the time at which it could be read', async (t) => {
  if (skip(t)) return;
  const exportMs = 1_600_000_000_000;
  const micros = exportMs * 1000;
  const file = fileOf(
    'waits.pcap',
    captureOf([
      { micros, payload: ipfixData(datedFlows(0, 4, micros), { exportMs }) },
      { micros: micros + 2e6, payload: ipfixTemplates({ exportMs }) },
    ]),
  );
  t.match(await load('waits', [file]), { status: 0, said: /datagrams=2 rows=4 took/ });
  t.same(
    await store.sql('SELECT DISTINCT toString(toUnixTimestamp64Micro(received)) AS micros FROM waits.flows'),
    [{ micros: String(micros + 2e6) }],
  );
});

t.test(
  'what one capture teaches is known in the next: a rotated one has its Templates in the first',
  async (t) => {
    const micros = microsOf(days[0] as string);
    const data = ipfixData(datedFlows(0, 3, micros));
    const first = fileOf('rotated-0.pcap', captureOf([{ micros, payload: ipfixTemplates() }]));
    const second = fileOf('rotated-1.pcap', captureOf([{ micros: micros + 5, payload: data }]));
    const { status, said } = await load('rotated', [first, second]);
    t.equal(status, 0);
    t.notMatch(said, /sets_without_template/);
    const rows = await store.sql(
      'SELECT collector, toUInt32(count()) AS n FROM rotated.flows GROUP BY collector',
    );
    t.same(rows, [{ collector: 'rotated-1.pcap', n: 3 }]);
  },
);

t.test('a server that is away, or refuses: said in words, and nothing is waited for', async (t) => {
  if (skip(t)) return;
  const file = fileOf('away.pcap', ofManyDays());
  const away = { ...store.connection, url: 'http://127.0.0.1:1' };
  await t.rejects(load('away', [file], { server: away }), {
    name: 'ConfigError',
    message: /^ClickHouse cannot be reached: .*ECONNREFUSED/,
  });
  const stranger = { ...store.connection, password: 'wrong' };
  await t.rejects(load('away', [file], { server: stranger }), {
    name: 'ConfigError',
    message: /AUTHENTICATION_FAILED/,
  });
});
