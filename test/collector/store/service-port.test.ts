import t from 'tap';
import { servicePort } from '../../../collector/store/service-port.ts';
import { hasPeers } from '../../support/peers.ts';
import { startTestStore } from '../../support/test-store.ts';

t.test('the service of a flow', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { sql } = await startTestStore(t);
  const service = async (proto: number, src: number, dst: number) => {
    const from = `(SELECT toUInt8(${proto}) AS proto, toUInt16(${src}) AS src_port, toUInt16(${dst}) AS dst_port)`;
    const [row] = await sql<{ f: number; r: number; type: string }>(
      `SELECT ${servicePort('forward')} AS f, ${servicePort('reverse')} AS r, toTypeName(f) AS type FROM ${from}`,
    );
    t.equal(row?.type, 'UInt16');
    t.equal(row?.f, row?.r, 'the same in both directions');
    return row?.f;
  };
  t.equal(await service(6, 50_001, 443), 443);
  t.equal(await service(6, 443, 50_001), 443, 'a reply');
  t.equal(await service(17, 53, 9000), 53, 'the smaller of two');
  t.equal(await service(6, 40_000, 5432), 5432, 'a registered one');
  t.equal(await service(17, 40_000, 40_001), 0, 'neither');
  t.equal(await service(1, 0, 2048), 0, 'no ports');
  t.equal(await service(132, 40_000, 80), 80);
});
