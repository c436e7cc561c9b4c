import t from 'tap';
import { needNatColumns } from '../../../collector/reports/need-nat-columns.ts';
import { ledgerView } from '../../support/nat-ask-view.ts';

const ask = (...columns: readonly string[]): Promise<void> =>
  needNatColumns('trace', ledgerView({ hasColumn: async (column) => columns.includes(column) }));

t.test('what is missing is said as it is', async (t) => {
  await ask('received', 'post_nat_src_addr');
  await t.rejects(ask('received'), { name: 'ConfigError', message: /^trace needs the column group nat/ });
  await t.rejects(ask(), { name: 'ConfigError', message: /^trace: this database has no table flows/ });
});
