import t from 'tap';
import { openLedger } from '../../../collector/ask/open-ledger.ts';
import { readScanSettings } from '../../../collector/reports/scan-settings.ts';
import { ledgerView } from '../../support/nat-ask-view.ts';
import { hasPeers } from '../../support/peers.ts';
import { startTestStore } from '../../support/test-store.ts';

t.test('a server takes those that it knows', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const { client } = await startTestStore(t);
  const view = openLedger(client, { nowMicros: 0, zone: 'UTC' });
  const settings = await readScanSettings(view);
  t.equal(
    settings,
    '\nSETTINGS compile_expressions = 0, optimize_and_compare_chain = 0, use_skip_indexes_on_data_read = 0',
  );
  t.same(await view.ask({ sql: `SELECT 1 AS one${settings}`, params: {} }), [{ one: 1 }]);
});

t.test('an old server', async (t) => {
  t.equal(await readScanSettings(ledgerView()), '');
  const ask = async () => [{ name: 'compile_expressions' }] as never;
  t.equal(await readScanSettings(ledgerView({ ask })), '\nSETTINGS compile_expressions = 0');
});
