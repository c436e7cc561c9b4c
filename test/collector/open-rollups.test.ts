import t from 'tap';
import { openRollups } from '../../collector/open-rollups.ts';
import { Log } from '../../shared/service/log.ts';
import { startAskLedger } from '../support/ask-ledger.ts';
import { collectOptions } from '../support/collect-options.ts';
import { until } from '../support/until.ts';

const rollups = { inside: ['10.0.0.0/8'], natTtlDays: 365 };
const options = collectOptions('', { name: 'here', columns: ['nat'], rollups });

t.test('what is stored goes into the rollups; trouble is told, and that it is over', async (t) => {
  const { store, insert } = await startAskLedger(t, { nowMicros: 0 });
  const lines: string[] = [];
  const log = new Log({ write: (line) => lines.push(line), nowMs: () => 0 });
  const at = new Date(Date.now() - 60_000).toISOString().slice(0, 23).replace('T', ' ');
  await insert([{ record_kind: 'flow', flow_start: at, flow_end: at, bytes: 700, packets: 7 }]);
  await store.client.command({ query: 'RENAME TABLE flows_1m TO away' });
  const open = openRollups(options, store.connection, () => Date.now() * 1000, log);
  if (!open) throw new Error('there are rollups');
  await until('the trouble', () => lines.some((line) => line.includes('flows_1m gets no further')));
  await store.client.command({ query: 'RENAME TABLE away TO flows_1m' });
  await until('its end', () => lines.some((line) => line.includes('flows_1m goes on, after')));
  await until('the rollup', async () => {
    const [sum] = await store.sql<{ n: string }>(
      "SELECT sum(bytes) AS n FROM flows_1m WHERE about = 'interfaces'",
    );
    return sum?.n === '700';
  });
  t.ok(open.states.some(({ rollup, rows }) => rollup === 'flows_1m' && rows === 2));
  await open.close();
});

t.test('there are none with --no-rollups', async (t) => {
  const none = { ...options, rollups: undefined };
  const log = new Log({ write: () => undefined, nowMs: () => 0 });
  const connection = { url: 'http://127.0.0.1:9', user: '', password: '', database: 'x' };
  t.equal(
    openRollups(none, connection, () => 0, log),
    undefined,
  );
});
