import t from 'tap';
import type * as LedgerClientModule from '../../../collector/ledger/ledger-client.ts';
import type { LedgerOptions } from '../../../collector/ledger/ledger-messages.ts';
import type { Log } from '../../../shared/service/log.ts';
import { chunkOf } from '../../support/chunk-bytes.ts';
import { receivedMicros } from '../../support/decoder-rig.ts';
import { ipfix, set, templateRecord, u32 } from '../../support/message-hex.ts';

/** As built: threads of Node 20 do not run TypeScript. `npm test` builds first. */
const built = new URL('../../../dist/collector/ledger/ledger-client.js', import.meta.url).href;
const { LedgerClient } = (await import(built)) as typeof LedgerClientModule;

t.test('a chunk goes to the thread and comes back; at the end the books are whole', async (t) => {
  // Port 1 is closed: no ClickHouse is needed to see that rows are given up, and counted.
  const connection = { url: 'http://127.0.0.1:1', database: 'x', username: 'default', password: '' };
  const options = {
    connection,
    collector: 'here',
    groups: [],
    keepExtra: true,
    batchRows: 1 << 16,
    batchAgeMs: 60_000,
    insertsInFlight: 1,
    exporters: [],
  };
  const lines: string[] = [];
  const say = (message: string): void => void lines.push(message);
  let back: (chunk: ArrayBuffer) => void = () => undefined;
  const recycled = new Promise<ArrayBuffer>((resolve) => {
    back = resolve;
  });
  const client = new LedgerClient({
    ledger: options as unknown as LedgerOptions,
    log: { debug: say, info: say, warn: say, error: say } as unknown as Log,
    recycle: (chunk) => back(chunk),
    onDeath: (error) => t.fail(String(error)),
  });
  const chunk = chunkOf([
    {
      payload: ipfix({}, set(2, templateRecord(256, [[1, 4]])), set(256, u32(1), u32(2))),
      micros: receivedMicros,
    },
  ]);
  client.send(chunk.buffer as ArrayBuffer, chunk.length);
  t.equal(chunk.byteLength, 0, 'it is transferred');
  t.ok((await recycled).byteLength > 0);
  const books = await client.stop(50);
  t.match(books, { datagrams: 1, flowRecords: 2, rowsStored: 0, rowsFailed: 2, pendingRows: 0 });
  t.equal(client.snapshot?.datagrams, 1);
  await client.terminate();
});
