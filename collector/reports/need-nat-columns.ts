import { ConfigError } from '../../shared/service/config-error.ts';
import type { LedgerView } from '../ask/ledger-view.ts';

/** Throws ConfigError where `flows` has no columns of translations, which the report asks; it says so, too, where there is no table at all. */
export const needNatColumns = async (report: string, ledger: LedgerView): Promise<void> => {
  if (await ledger.hasColumn('post_nat_src_addr')) return;
  throw new ConfigError(
    (await ledger.hasColumn('received'))
      ? `${report} needs the column group nat: start the collector with --columns nat (and others that it has)`
      : `${report}: this database has no table flows: no collector has stored anything in it yet, or it is not the ledger's`,
  );
};
