import t from 'tap';
import {
  describeServices,
  parseInside,
  serviceColumns,
  servicesSql,
} from '../../../collector/reports/process-services.ts';
import { startTestStore } from '../../support/test-store.ts';

const connection = (service: string, remote: string, more = ''): string =>
  `SELECT '${service}' AS process_name, '' AS process_cgroup, '' AS container_id, 'u' AS process_user, 0 AS process_uid, 'out' AS direction,
  toIPv6('192.0.2.1') AS local, 1 AS local_port, toIPv6('${remote}') AS remote, 443 AS remote_port, toIPv6('10.0.0.9') AS exporter,
  10 AS sent_bytes, 5 AS received_bytes, 100 AS first, 200 AS last${more}`;

t.test('with whom', async (t) => {
  const { client } = await startTestStore(t);
  const ask = async (remotes: readonly string[], inside?: readonly string[]) => {
    const { sql, params } = servicesSql(
      remotes.map((remote) => connection('s', remote)).join(' UNION ALL '),
      inside,
    );
    const result = await client.query({
      query: sql,
      query_params: { ...params, limit: 10, offset: 0 },
      format: 'JSONEachRow',
    });
    const rows = await result.json<Record<string, unknown>>();
    for (const { name } of serviceColumns)
      t.ok(
        rows.every((row) => name in row),
        name,
      );
    return rows.map((row) => `${row.with} ${row.connections} ${row.hosts} ${row.sent_bytes}`);
  };
  t.same(
    await ask([
      '8.8.8.8',
      '8.8.8.8',
      '2001:db8::1',
      '10.1.1.1',
      'fe80::1',
      '224.0.0.251',
      '127.0.0.53',
      '192.0.2.1',
    ]),
    ['Internet 3 2 30', 'inside 3 3 30', 'this host 2 2 20'],
  );
  t.same(await ask(['8.8.8.8', '10.1.1.1'], ['8.0.0.0/8']), ['Internet 1 1 10', 'inside 1 1 10']);
});

t.test('in a sentence', (t) => {
  const row = (service: string, where: string) => ({ service, with: where });
  t.same(describeServices([]), []);
  t.same(describeServices([row('a', 'inside')]), ['none of these talked to the Internet']);
  t.same(describeServices([row('a', 'Internet'), row('a', 'Internet'), row('b', 'inside')]), [
    '1 service of these talked to the Internet',
  ]);
  t.equal(parseInside('2001:db8::/32'), '2001:db8::/32');
  t.throws(() => parseInside('10.0.0.0'), {
    name: 'ConfigError',
    message: /--inside 10\.0\.0\.0: not a network/,
  });
  t.end();
});
