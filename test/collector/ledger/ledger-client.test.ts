import t, { type Test } from 'tap';
import type * as LedgerClientModule from '../../../collector/ledger/ledger-client.ts';
import type { LedgerOptions } from '../../../collector/ledger/ledger-messages.ts';
import type { Log } from '../../../shared/service/log.ts';
import { chunkOf } from '../../support/chunk-bytes.ts';
import { receivedMicros } from '../../support/decoder-rig.ts';
import { startFakeClickHouse } from '../../support/fake-clickhouse.ts';
import { ipfix, set, templateRecord, u32 } from '../../support/message-hex.ts';
import { until } from '../../support/until.ts';

/** As built: threads of Node 20 do not run TypeScript. `npm test` builds first. */
const built = new URL('../../../dist/collector/ledger/ledger-client.js', import.meta.url).href;
const { LedgerClient } = (await import(built)) as typeof LedgerClientModule;

/** Port 1 is closed: no ClickHouse is needed to see that rows are given up, and counted. */
const nowhere = 'http://127.0.0.1:1';

const startClient = (t: Test, url: string) => {
  const options: LedgerOptions = {
    connection: { url, user: 'default', password: '', database: 'x' },
    ...{ collector: 'here', groups: [], keepExtra: true, batchRows: 1 << 16, batchAgeMs: 50 },
    ...{ insertsInFlight: 1, exporters: [], journal: undefined, quarantineDir: undefined, version: '1' },
  };
  const lines: string[] = [];
  const say = (message: string): void => void lines.push(message);
  let back: (chunk: ArrayBuffer) => void = () => undefined;
  const recycled = new Promise<ArrayBuffer>((resolve) => {
    back = resolve;
  });
  const client = new LedgerClient({
    ledger: options,
    log: { debug: say, info: say, warn: say, error: say } as unknown as Log,
    recycle: (chunk) => back(chunk),
    onDeath: (error) => t.fail(String(error)),
  });
  return { client, recycled, lines };
};

const chunk = (): Uint8Array =>
  chunkOf([
    {
      payload: ipfix({}, set(2, templateRecord(256, [[1, 4]])), set(256, u32(1), u32(2))),
      micros: receivedMicros,
    },
  ]);

t.test('a chunk goes to the thread and comes back; at the end the books are whole', async (t) => {
  const { client, recycled, lines } = startClient(t, nowhere);
  await client.recovered;
  client.prepared();
  const sent = chunk();
  client.send(sent.buffer as ArrayBuffer, sent.length);
  t.equal(sent.byteLength, 0, 'it is transferred');
  t.equal(client.chunksSent, 1);
  t.ok((await recycled).byteLength > 0);
  t.equal(client.chunksSent, 0);
  await until('it is logged that rows wait', () => lines.length > 0);
  const books = await client.stop(50);
  t.match(books, { datagrams: 1, flowRecords: 2, rowsStored: 0, rowsGivenUp: 2, pendingRows: 0 });
  t.equal(client.snapshot?.datagrams, 1);
  t.equal(client.storedUntilMicros, receivedMicros + 1, 'or given up');
  t.match(lines, ['rows wait for ClickHouse'], 'and what it logs is logged here');
  await client.terminate();
});

t.test('what is told goes through: rates of the operator, and that the tables are ready', async (t) => {
  const { url, requests } = await startFakeClickHouse(t, () => ({}));
  const { client, recycled } = startClient(t, url);
  const address = '00000000000000000000ffffc0000209';
  client.configure([{ address, name: 'the-edge', site: '', sampling: 500 }]);
  const sent = chunk();
  client.send(sent.buffer as ArrayBuffer, sent.length);
  await recycled;
  client.prepared();
  t.match(await client.stop(20_000), { rowsStored: 2, tableRowsStored: 2 });
  t.ok(requests.some(({ body }) => body.includes('the-edge')));
  await client.terminate();
});

t.test('a thread that is gone does not answer', async (t) => {
  const { client } = startClient(t, nowhere);
  const gone = t.rejects(client.stop(50), /ended early/);
  await client.terminate();
  await gone;
});
