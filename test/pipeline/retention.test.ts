/** What is too old or too much goes, oldest first, and that is said. */

import t from 'tap';
import { makeFlows, netflow5Message } from '../support/flow-messages.ts';
import { hasPeers } from '../support/peers.ts';
import { startCollector } from '../support/running-collector.ts';
import { sendDatagrams } from '../support/send-datagrams.ts';
import { until } from '../support/until.ts';

/** Rows of a day that are hard to compress: about 60 octets each. */
const insertDay = (daysAgo: number, rows: number): string =>
  `INSERT INTO flows (received, time, bytes, packets, src_addr, dst_addr)
   SELECT now64(6) - toIntervalDay(${daysAgo}), now() - toIntervalDay(${daysAgo}), rand64(1), rand64(2),
     CAST(randomFixedString(16) AS IPv6), CAST(randomFixedString(16) AS IPv6) FROM numbers(${rows})`;

/** A day takes a little less than 1 MiB. */
const maxBytes = 2.5 * 1024 * 1024;
const daysQuery =
  "SELECT dateDiff('day', toDate(received, 'UTC'), toDate(now(), 'UTC')) AS ago, count() AS n FROM flows GROUP BY 1 ORDER BY 1";

t.test('--max-disk drops the oldest days, --ttl the old ones', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const first = await startCollector(t, { args: ['--ttl', '10'] });
  for (const daysAgo of [20, 4, 3, 2, 1]) await first.command(insertDay(daysAgo, 20_000));
  await first.command('OPTIMIZE TABLE flows FINAL');
  t.same(
    await first.sql(daysQuery),
    [1, 2, 3, 4].map((ago) => ({ ago, n: 20_000 })),
    '20 days are more than 10',
  );
  t.equal((await first.stop()).exitCode, 0);

  const second = await startCollector(t, {
    dataDir: first.dataDir,
    args: ['--ttl', '10', '--max-disk', '2.5MiB'],
  });
  const diskBytes = async (): Promise<number> => {
    const [disk] = await second.sql<{ bytes: number }>(
      'SELECT sum(bytes_on_disk) AS bytes FROM system.parts WHERE active AND database = currentDatabase()',
    );
    return disk?.bytes ?? 0;
  };
  await until('it is small enough', async () => (await diskBytes()) <= maxBytes);
  const told = /warn {2}--max-disk: dropped the flows of (\d{4}-\d\d-\d\d) rows=20000/g;
  await until('it is told', () => [...second.stderr.matchAll(told)].length === 2);
  t.same(
    await second.sql(daysQuery),
    [1, 2].map((ago) => ({ ago, n: 20_000 })),
    'the oldest went, the others stay',
  );
  t.ok((await second.metric('flowledger_partitions_dropped_total')) >= 2);
  await sendDatagrams(second, [netflow5Message(makeFlows(5))]);
  await second.waitForFlows(5 + 2 * 20_000);
  t.equal((await second.stop()).exitCode, 0);
});
