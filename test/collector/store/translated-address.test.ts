import t from 'tap';
import { isTranslated } from '../../../collector/store/translated-address.ts';
import { hasPeers } from '../../support/peers.ts';
import { startTestStore } from '../../support/test-store.ts';

t.test('addresses, and none', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { sql } = await startTestStore(t);
  const rows = await sql<{ shown: string }>(`SELECT toString(address) AS shown
FROM (SELECT toIPv6(arrayJoin(['::', '::ffff:0.0.0.0', '::ffff:0.0.0.1', '::1'])) AS address) WHERE ${isTranslated('address')} ORDER BY address`);
  t.same(
    rows.map(({ shown }) => shown),
    ['::1', '::ffff:0.0.0.1'],
  );
});
