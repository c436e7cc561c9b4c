/** The queries and questions that the README shows are asked of a real ClickHouse. */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import t from 'tap';
import { type ConnectionOptions, connect } from '../../collector/store/connection.ts';
import { EmbeddedClickHouse } from '../../collector/store/embedded-clickhouse.ts';
import { columnsOfGroups } from '../../collector/store/flow-columns.ts';
import { migrate } from '../../collector/store/migrate.ts';
import { prepareFlowTable } from '../../collector/store/prepare-flow-table.ts';
import { hasPeers } from '../support/peers.ts';
import { runCli } from '../support/run-cli.ts';

const readme = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8');
const queries = [...readme.matchAll(/^```sql\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');

/** Questions that need no particular time, as words of a command line. */
const questions = [...readme.matchAll(/^ {4}npx flowledger ((?:top|series|seen|flows) .*)$/gm)].map((match) =>
  [...(match[1] ?? '').matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? ''),
);

const nothing = (): void => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const database = 'flowledger';

/** Rows that each of the queries finds: a flow of today to the service, through interface 3, behind the public address. */
const rows = [
  `INSERT INTO flows (received, time, flow_start, flow_end, exporter, src_addr, dst_addr, src_port, dst_port, proto, tcp_flags, bytes, in_if,
     sampling_rate, post_nat_src_addr, post_nat_src_port)
   SELECT now64(6), now(), now64(6), now64(6), toIPv6('192.0.2.1'), toIPv6('10.0.0.5'), toIPv6('192.0.2.80'), 40000, 443, 6, 27,
     1500000, 3, 10, toIPv6('198.51.100.7'), 53500`,
  "INSERT INTO interfaces SELECT toIPv6('192.0.2.1'), 0, 3, 'Gi0/3', 'uplink', now()",
];

t.test('every query of the README finds something', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const embedded = await EmbeddedClickHouse.start({
    dataDir: t.testdir(),
    database,
    memoryBytes: 1 << 30,
    log,
  });
  t.teardown(() => embedded.stop());
  const { url, user, credentials } = embedded;
  const connection: ConnectionOptions = { url, user, password: credentials.password, database };
  const admin = connect({ ...connection, database: 'default' });
  await admin.command({ query: `CREATE DATABASE ${database}` });
  await admin.close();
  const client = connect(connection);
  await migrate(client);
  await prepareFlowTable(client, { database, columns: columnsOfGroups(['nat']), ttlDays: 30 });
  for (const query of rows) await client.command({ query });
  t.ok(queries.length >= 1, 'there are queries');
  for (const query of queries) {
    const found = await (await client.query({ query, format: 'JSONEachRow' })).json();
    t.equal(found.length, 1, query);
  }
  t.ok(questions.length >= 4, 'there are questions');
  const env = { CLICKHOUSE_URL: `${url.replace('://', `://${user}:${credentials.password}@`)}/${database}` };
  for (const words of questions) {
    const { exitCode, stdout, stderr } = await runCli([...words, '--json'], { env });
    t.equal(exitCode, 0, `${words.join(' ')} ${stderr}`);
    t.match(stdout, /^{/, words.join(' '));
  }
  await client.close();
});
