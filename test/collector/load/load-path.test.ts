import t from 'tap';
import type { PastFrame } from '../../../collector/load/history.ts';
import { openLoadPath } from '../../../collector/load/load-path.ts';
import { frameKinds } from '../../../collector/receive/frame.ts';
import { columnsOfGroups } from '../../../collector/store/flow-columns.ts';
import { keepForEver } from '../../../collector/store/keep-for-ever.ts';
import { migrate } from '../../../collector/store/migrate.ts';
import { prepareFlowTable } from '../../../collector/store/prepare-flow-table.ts';
import { hexBytes } from '../../support/capture-builder.ts';
import { datedFlows } from '../../support/dated-capture.ts';
import { netflow5Message } from '../../support/flow-messages.ts';
import { hasPeers } from '../../support/peers.ts';
import { startTestStore } from '../../support/test-store.ts';

const seconds = 6000;
const perDatagram = 30;
const startMicros = Date.parse('2024-05-31T22:30:00Z') * 1000;

const address = '00000000000000000000ffff7f000003';

/** A datagram a second, over midnight: more rows than one batch has. */
async function* frames(): AsyncGenerator<PastFrame> {
  const octetWords = new Uint32Array(hexBytes(address).buffer);
  for (let i = 0; i < seconds; i++) {
    const micros = startMicros + i * 1e6;
    const flows = datedFlows(i * perDatagram, perDatagram, micros);
    const payload = netflow5Message(flows, { exportMs: micros / 1000, sequence: i * perDatagram });
    yield {
      ...{ kind: frameKinds.datagram, payload, octetWords, family: 4 },
      exporterPort: 7,
      localPort: 2055,
      micros,
    };
  }
}

t.test('more than a batch, over midnight: each row once, books too', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { client, sql } = await startTestStore(t);
  await migrate(client);
  const columns = columnsOfGroups(['core']);
  await prepareFlowTable(client, { database: 'flowledger', columns, ttlDays: 0 });
  await keepForEver(client, 'flowledger');
  const path = openLoadPath({
    ...{ client, database: 'flowledger', collector: 'past', groups: ['core'], keepExtra: true },
    exporters: [{ address, name: 'edge', site: 'Bern', sampling: 50 }],
    learnt: undefined,
    onTrouble: (problem) => t.fail(problem),
  });
  await path.feed.run(frames());
  await path.finish();
  const rows = seconds * perDatagram;
  t.equal(path.ledger.counters.rowsStored, rows);
  t.equal(path.rowWriter.problem, undefined);
  t.same(
    await sql(`SELECT toString(toDate(received, 'UTC')) AS day, count() AS n, uniqExact(bytes) AS different
      FROM flows WHERE collector = 'past' AND sampling_rate = 50 GROUP BY day ORDER BY day`),
    [
      { day: '2024-05-31', n: String(5400 * perDatagram), different: String(5400 * perDatagram) },
      { day: '2024-06-01', n: String(600 * perDatagram), different: String(600 * perDatagram) },
    ],
  );
  t.same(await sql('SELECT max(bytes) AS most FROM flows'), [{ most: String(63 + rows) }]);
  const books =
    'SELECT sum(datagrams) AS datagrams, sum(records) AS records, count() AS minutes FROM exporter_loss FINAL';
  t.same(await sql(books), [{ datagrams: String(seconds), records: String(rows), minutes: '100' }]);
  t.match(await sql('SELECT name, site FROM exporters FINAL'), [{ name: 'edge', site: 'Bern' }]);
});
