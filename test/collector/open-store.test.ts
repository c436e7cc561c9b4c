import t from 'tap';
import type { CollectOptions } from '../../collector/collect-options.ts';
import { openStore } from '../../collector/open-store.ts';
import { connect } from '../../collector/store/connection.ts';
import { ConfigError } from '../../shared/service/config-error.ts';
import { Log } from '../../shared/service/log.ts';
import { hasPeers } from '../support/peers.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const options = (dataDir: string, change: Partial<CollectOptions> = {}): CollectOptions => ({
  listen: [],
  allow: [],
  receiveBufferBytes: 65_536,
  dataDir,
  server: undefined,
  columns: ['core'],
  keepExtra: true,
  exportersFile: undefined,
  exporters: [],
  ttlDays: 30,
  maxDiskBytes: 0,
  http: undefined,
  logFormat: 'text',
  logLevel: 'info',
  name: 'test',
  ...change,
});

t.test('the embedded database is made ready, and again, and refuses what does not fit', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const dataDir = temporaryDirectory(t);
  let lines = '';
  const write = (line: string): void => {
    lines += line;
  };
  const log = new Log({ write, nowMs: Date.now });
  const first = await openStore(options(dataDir), log);
  t.match(lines, /migration 1 /);
  t.match(first.description, `embedded ClickHouse, ${dataDir}`);
  t.equal(first.problem(), undefined);
  t.equal(first.partitionsDropped(), 0);
  lines = '';
  // The same server, as one of the operator's own: another database of it.
  const server = { ...first.connection, database: 'own' };
  const own = await openStore(options(dataDir, { server }), log);
  t.equal(own.embedded, undefined);
  t.match(own.description, /^http:\/\/127\.0\.0\.1:\d+ \(database own\)$/);
  await own.close();
  const again = await openStore(options(dataDir, { server, columns: ['nat'], ttlDays: 7 }), log);
  t.match(lines, /added columns post_nat_src_addr, /);
  t.match(lines, /rows are kept 7 days \(before: 30\)/);
  await again.close();
  const client = connect(server);
  await client.command({ query: 'ALTER TABLE own.flows MODIFY COLUMN bytes UInt32' });
  await client.close();
  const refused = openStore(options(dataDir, { server }), log);
  await t.rejects(refused, ConfigError);
  await t.rejects(refused, { message: /column bytes is UInt32, and should be UInt64/ });
  await first.close();
});
