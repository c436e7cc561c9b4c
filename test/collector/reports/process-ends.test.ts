import t from 'tap';
import { connectionsSql, processEndsSql, serviceSql } from '../../../collector/reports/process-ends.ts';
import { ownValuesOf } from '../../../collector/store/own-values.ts';
import { startAskLedger } from '../../support/ask-ledger.ts';
import { processNow, processRow, translatedTo } from '../../support/process-ledger.ts';

t.test('ends of connections', async (t) => {
  const ledger = await startAskLedger(t, { nowMicros: processNow });
  const told = { from: '10:00:00', to: '10:00:09', src: '10.0.0.1 4000', dst: '192.0.2.1 443' };
  const nat = { ...translatedTo('src', '192.0.2.9 5000'), ...translatedTo('dst', '10.0.0.1 8443') };
  const both = { source: { pid: 1, command: 'old' }, destination: { pid: 2 } };
  await ledger.insert([
    processRow({ ...told, ...both, more: { ...nat, flow_id: '3', bytes: 1, reverse_bytes: 10 } }),
    processRow({
      ...told,
      ...both,
      to: '10:00:20',
      source: { pid: 1, command: 'new' },
      more: { ...nat, flow_id: '3', bytes: 2, reverse_bytes: 20 },
    }),
    processRow({ ...told, more: { flow_id: '4' } }),
  ]);
  const ends = processEndsSql(ownValuesOf('f', new Set()), true, { flowsWhere: '1' });
  const rows = await ledger.store.sql<Record<string, unknown>>(`${connectionsSql(ends)} ORDER BY process_id`);
  t.equal(rows.length, 2);
  t.match(rows[0], {
    ...{
      direction: 'out',
      local: '::ffff:10.0.0.1',
      local_port: 4000,
      outer: '::ffff:192.0.2.9',
      outer_port: 5000,
    },
    ...{
      remote: '::ffff:192.0.2.1',
      remote_port: 443,
      sent_bytes: '3',
      received_bytes: '30',
      process_command: 'new',
    },
  });
  t.match(rows[1], {
    ...{
      direction: 'in',
      local: '::ffff:10.0.0.1',
      local_port: 8443,
      outer: '::ffff:192.0.2.1',
      outer_port: 443,
    },
    ...{ remote: '::ffff:10.0.0.1', remote_port: 4000, sent_bytes: '30', received_bytes: '3' },
  });
  const wanted = processEndsSql(ownValuesOf('f', new Set()), true, {
    flowsWhere: '1',
    isWanted: (value) => [`${value('process_id')} = 2`],
    isEnd: ([end]) => `${end}_port = 443`,
  });
  t.equal((await ledger.store.sql(wanted)).length, 2, 'two records of one end');
});

t.test('what a process belongs to, in a word', async (t) => {
  const ledger = await startAskLedger(t, { nowMicros: processNow });
  const word = async (cgroup: string, container = '', name = 'n', user = 'u'): Promise<unknown> => {
    const query = `SELECT ${serviceSql} AS word FROM (SELECT {cgroup:String} AS process_cgroup, {container:String} AS container_id,
      {name:String} AS process_name, {user:String} AS process_user, 5 AS process_uid)`;
    const result = await ledger.store.client.query({
      query,
      query_params: { cgroup, container, name, user },
      format: 'JSONEachRow',
    });
    return (await result.json<{ word: string }>())[0]?.word;
  };
  t.equal(await word('/system.slice/nginx.service'), 'nginx.service');
  t.equal(await word('/system.slice/nginx.service/workers'), 'nginx.service');
  t.equal(await word('/user.slice/user-1000.slice/session-3.scope'), 'session-3.scope');
  t.equal(await word('/machine/vm7/'), 'vm7');
  t.equal(await word('/docker/x', 'abcdef0123456789'), 'container abcdef012345');
  t.equal(await word('/'), 'n');
  t.equal(await word('', '', ''), 'user u');
  t.equal(await word('', '', '', ''), 'user 5');
});
