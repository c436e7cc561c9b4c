import t from 'tap';
import { insideCondition, privateNetworks } from '../../../collector/rollup/inside-networks.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { hasPeers } from '../../support/peers.ts';
import { startTestStore } from '../../support/test-store.ts';

t.test('what is inside', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { client } = await startTestStore(t);
  const isInside = async (networks: readonly string[], address: string): Promise<boolean> => {
    const { sql, params } = insideCondition(networks);
    const answer = await client.query({
      query: `SELECT toIPv6({address:String}) AS a, ${sql('a')} AS inside`,
      query_params: { ...params, address },
      format: 'JSONEachRow',
    });
    return (await answer.json<{ inside: number | boolean }>())[0]?.inside === 1;
  };
  for (const [address, expected] of [
    ['10.0.0.0', true],
    ['10.255.255.255', true],
    ['11.0.0.0', false],
    ['9.255.255.255', false],
    ['172.31.1.1', true],
    ['172.32.0.0', false],
    ['192.168.7.7', true],
    ['100.64.0.1', true],
    ['fd12::1', true],
    ['2001:db8::1', false],
    ['::', false],
  ] as const)
    t.equal(await isInside(privateNetworks, address), expected, address);
  t.equal(await isInside(['192.0.2.1/32'], '192.0.2.1'), true);
  t.equal(await isInside(['192.0.2.1/32'], '192.0.2.2'), false);
  t.equal(await isInside(['0.0.0.0/0'], '203.0.113.1'), true);
  t.equal(await isInside(['0.0.0.0/0'], '2001:db8::1'), false);
  t.equal(await isInside([], '10.0.0.1'), false);
});

t.test('what is no network', async (t) => {
  for (const text of [
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/x',
    'net/8',
    '::/129',
    '10.0.0.0/-1',
    '/8',
  ])
    t.throws(() => insideCondition([text]), ConfigError, text);
});
