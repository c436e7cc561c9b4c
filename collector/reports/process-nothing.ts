/** Why no process was found: whether any exporter tells of processes at all, and did then. */

import { formatTotal } from '../../shared/service/format-quantity.ts';
import { shownAddress } from '../../shared/wire/address.ts';
import type { LedgerView } from '../ask/ledger-view.ts';
import type { OwnValues } from '../store/own-values.ts';
import { proveHeard } from './heard-proof.ts';
import { processEndsSql } from './process-ends.ts';
import { inSeconds } from './traces-sql.ts';

interface Teller {
  readonly exporter: string;
  readonly records: number;
  readonly first: number;
  readonly last: number;
}

/** Exporters that are named; the others are counted. */
const maxNamed = 5;

const askTellers = (
  own: OwnValues,
  where: string,
  params: Readonly<Record<string, unknown>>,
  ledger: LedgerView,
): Promise<readonly Teller[]> =>
  ledger.ask<Teller>({
    sql: `SELECT toString(exporter) AS exporter, count() AS records, min(ended) AS first, max(ended) AS last FROM (
${processEndsSql(own, false, { flowsWhere: where })}
) GROUP BY exporter ORDER BY records DESC, exporter`,
    params,
  });

/** `params`: those of the range. */
export const explainNoProcess = async (
  own: OwnValues,
  params: Readonly<Record<string, unknown>>,
  range: { readonly from: number; readonly to: number },
  ledger: LedgerView,
): Promise<readonly string[]> => {
  const then = await askTellers(own, inSeconds, params, ledger);
  if (then.length > 0) {
    const named = then
      .slice(0, maxNamed)
      .map(({ exporter, records }) => `${shownAddress(exporter)} (${formatTotal(records, 'record')})`);
    const more = then.length > maxNamed ? ` and ${then.length - maxNamed} more` : '';
    return [`nothing found; processes were told of in this time by ${named.join(', ')}${more}`];
  }
  const proof = await proveHeard(range.from, Math.min(range.to, ledger.nowMicros), ledger);
  const ever = await askTellers(own, '1', params, ledger);
  if (ever.length === 0)
    return ['no exporter has ever told of a process: flowledger export conntrack --process does', ...proof];
  const [first, last] = [Math.min(...ever.map((one) => one.first)), Math.max(...ever.map((one) => one.last))];
  return [
    `no exporter told of a process in this time; records with processes are from ${ledger.formatTime(first)} to ${ledger.formatTime(last)}`,
    ...proof,
  ];
};
