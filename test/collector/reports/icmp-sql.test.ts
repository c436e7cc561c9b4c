import t from 'tap';
import { icmpSql } from '../../../collector/reports/icmp-sql.ts';
import { hasPeers } from '../../support/peers.ts';
import { startTestStore } from '../../support/test-store.ts';

t.test('type and code', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { sql } = await startTestStore(t);
  const read = async (proto: number, typeCode: number, port: number): Promise<unknown[]> => {
    const [row] = await sql<Record<string, unknown>>(`SELECT ${icmpSql('f')}
FROM (SELECT ${proto} AS proto, toUInt16(${typeCode}) AS icmp_type_code, toUInt16(${port}) AS dst_port) AS f`);
    return [row?.dst_port, row?.icmp, row?.icmp_name];
  };
  t.same(await read(1, 0, 2048), [0, '8/0', 'echo request'], 'in the port');
  t.same(await read(1, 2048, 0), [0, '8/0', 'echo request']);
  t.same(await read(1, 0, 0), [0, '0/0', 'echo reply']);
  t.same(await read(1, 771, 0), [0, '3/3', 'unreachable, code 3']);
  t.same(await read(1, 0x2a01, 0), [0, '42/1', ''], 'without a name');
  t.same(await read(58, 32768, 0), [0, '128/0', 'echo request']);
  t.same(await read(6, 0, 443), [443, null, '']);
});
