/** What ClickHouse does better without, where a question finds few rows by their addresses. */

import type { LedgerView } from '../ask/ledger-view.ts';

const settings = {
  // To look at indexes of several columns joined by OR while reading takes twice as long as to do it before.
  use_skip_indexes_on_data_read: 0,
  // Goes through the whole question again for each AND in it, and finds nothing.
  optimize_and_compare_chain: 0,
  // Addresses are part of what is compiled, so that the next question has no use of it.
  compile_expressions: 0,
} as const;

/** `SETTINGS ...` to stand at the end of a question; a server of the operator's may be older than ours, so it has those that the server knows. */
export const readScanSettings = async (ledger: LedgerView): Promise<string> => {
  const known = await ledger.ask<{ name: keyof typeof settings }>({
    sql: 'SELECT name FROM system.settings WHERE name IN {names:Array(String)} ORDER BY name',
    params: { names: Object.keys(settings) },
  });
  return known.length === 0
    ? ''
    : `\nSETTINGS ${known.map(({ name }) => `${name} = ${settings[name]}`).join(', ')}`;
};
