import t from 'tap';
import { findOwnColumns, noId, ownValueNames, ownValuesOf } from '../../../collector/store/own-values.ts';
import { ownElements } from '../../../shared/elements/own-elements.ts';
import { startAskLedger } from '../../support/ask-ledger.ts';

t.test('values of rows that have them in extra, in columns, or not at all', async (t) => {
  const ledger = await startAskLedger(t, { nowMicros: 1e15, groups: ['nat'] });
  const { client, sql } = ledger.store;
  await client.command({
    query:
      'ALTER TABLE flows ADD COLUMN process_id UInt32, ADD COLUMN process_command String, ADD COLUMN client_addr IPv6, ADD COLUMN process_gid UInt32',
  });
  const row = (port: number, more: object) => ({ flow_end: '2026-11-20 10:00:00', src_port: port, ...more });
  await ledger.insert([
    row(1, {}),
    row(2, {
      extra: {
        ...{ SRC_PROC_PID: '2354', SRC_PROC_NAME: 'curl', '4711.sourceProcessGroupId': '1000' },
        ...{
          '4711.SRC_PROC_CMDLINE': 'curl -s',
          '4711.proxyRequestId': 'R2',
          '4711.proxyClientIPv4Address': '192.0.2.7',
        },
      },
    }),
    // Types and names that nobody has told.
    row(3, {
      extra: {
        SRC_PROC_PID: '0x00000932',
        SRC_PROC_NAME: '0x6375726c0000',
        '35632.556': '0x6375726c202d73',
        'v9.57842': '',
      },
    }),
    row(4, {
      process_id: 7,
      process_command: 'own',
      client_addr: '2001:db8::7',
      process_gid: 5,
      extra: { SRC_PROC_PID: '8' },
    }),
    row(5, {
      extra: {
        'v9.58028': 'of version 9',
        '1.proxyClientIPv6Address': '2001:db8::9',
        'x.notproxyRequestId': 'no',
      },
    }),
    row(6, { extra: { proxyRequestIdentity: 'no', '9.proxyRequestId#2': 'no' } }),
  ]);
  const names = [
    'process_id',
    'process_gid',
    'process_name',
    'process_command',
    'request_id',
    'client_addr',
  ] as const;
  const ask = async (columns: ReadonlySet<string>) => {
    const own = ownValuesOf('f', columns);
    const listed = names.map((name) => `toString(${own.value(name)})`).join(', ');
    const rows = await sql<{ found: string[]; has: number; may: number }>(
      `SELECT [${listed}] AS found, ${own.has(['process_id', 'request_id'])} AS has, ${own.mayHave(['process_id', 'request_id'])} AS may FROM flows AS f ORDER BY f.src_port`,
    );
    return rows.map(({ found, has, may }) => `${found.join(' ')} | ${has} ${may}`);
  };
  const known = await findOwnColumns(
    async (column) => column.startsWith('process_') && column !== 'process_name',
  );
  t.ok(known.has('process_cgroup') && !known.has('request_id'));
  t.same(await ask(new Set()), [
    `0 ${noId}    :: | 0 0`,
    '2354 1000 curl curl -s R2 ::ffff:192.0.2.7 | 1 1',
    `2354 ${noId} curl curl -s  :: | 1 1`,
    `8 ${noId}    :: | 1 1`,
    `0 ${noId}  of version 9  2001:db8::9 | 0 1`,
    `0 ${noId}    :: | 0 1`,
  ]);
  t.same(
    (await ask(new Set(['process_id', 'process_command', 'client_addr', 'process_gid'])))[3],
    '7 5  own  2001:db8::7 | 1 1',
    'the column counts where it has one',
  );
});

t.test('every element of ours about processes and proxies is known', (t) => {
  const own = ownValuesOf('f', new Set());
  const all = ownValueNames.map((name) => own.value(name)).join(' ');
  for (const { id, name } of ownElements) if (id >= 10) t.ok(all.includes(`'${name}'`), name);
  t.end();
});
