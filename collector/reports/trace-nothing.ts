/** Why no trace was found: in sentences, each of which is something that was looked for. */

import { formatTotal } from '../../shared/service/format-quantity.ts';
import type { LedgerView } from '../ask/ledger-view.ts';
import type { OwnValues } from '../store/own-values.ts';
import { proveHeard } from './heard-proof.ts';
import type { TraceChoice } from './trace-choice.ts';
import { inSeconds, type TraceConditions, tracesSql } from './traces-sql.ts';

interface Found {
  readonly traces: number;
  readonly nearest: number;
  readonly nearest_request: string;
}

/** How many traces fulfil the conditions, and the one that is nearest to the range. */
const askTraces = async (
  own: OwnValues,
  conditions: TraceConditions,
  where: readonly string[],
  params: Readonly<Record<string, unknown>>,
  ledger: LedgerView,
): Promise<Found> => {
  const [found] = await ledger.ask<Found>({
    sql: `SELECT count() AS traces, argMin(at, away) AS nearest, argMin(request_id, away) AS nearest_request FROM (
  SELECT *, greatest(at - {to:Int64}, {from:Int64} - at, 0) AS away FROM (
${tracesSql(own, conditions)}
  )
)${where.length === 0 ? '' : `\nWHERE ${where.join(' AND ')}`}`,
    params,
  });
  return found ?? { traces: 0, nearest: 0, nearest_request: '' };
};

export const explainNoTrace = async (
  choice: TraceChoice,
  own: OwnValues,
  params: Readonly<Record<string, unknown>>,
  ledger: LedgerView,
): Promise<readonly string[]> => {
  const { words, range } = choice;
  const elsewhere = await askTraces(own, choice, choice.where, params, ledger);
  if (elsewhere.traces > 0) {
    const isAsked = choice.equals.some(([name]) => name === 'request_id');
    const request =
      isAsked || elsewhere.nearest_request === '' ? '' : `, request ${elsewhere.nearest_request}`;
    return [
      `${words}: no trace in this time; there ${elsewhere.traces === 1 ? 'is 1' : `are ${elsewhere.traces}`} at other times, ` +
        `the nearest at ${ledger.formatTime(elsewhere.nearest)}${request}: ask with --from and --to, or --at`,
    ];
  }
  const then = await askTraces(own, { equals: [], flowsWhere: [inSeconds] }, [], params, ledger);
  if (then.traces > 0)
    return [
      `${words}: none of the ${formatTotal(then.traces, 'trace')} of this time, nor any other in the ledger, is about it`,
    ];
  const ever = await askTraces(own, { equals: [], flowsWhere: [] }, [], params, ledger);
  const proof = await proveHeard(range.from, Math.min(range.to, ledger.nowMicros), ledger);
  return ever.traces === 0
    ? ['there is no trace of a proxy in the ledger: flowledger export airlock sends them', ...proof]
    : [
        `no trace of a proxy is of this time; the nearest of ${ever.traces} is of ${ledger.formatTime(ever.nearest)}`,
        ...proof,
      ];
};
