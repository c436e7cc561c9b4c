/** Which rows of `flows` a rollup does not have yet, as a condition by which parts of the table are passed over without being read. */

import type { LedgerView } from '../ask/ledger-view.ts';

/** `exporters` is some seconds late, and clocks go back a little. */
const slackMicros = 3600e6;

export interface NewerRows {
  /** Over the rollup: rows that count, because what is in `flows` of the same receipt is passed over. Undefined: it has nothing. */
  readonly had: string | undefined;
  /** Over `flows`; undefined: the rollup has all of them. */
  readonly newer: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
  /** Receipt, microseconds: what came before is in the rollup. Undefined: it has nothing. */
  readonly until: number | undefined;
}

interface Heard {
  readonly collector: string;
  /** Seconds. */
  readonly last: number;
}

const timeOf = (name: string): string => `fromUnixTimestamp64Micro({${name}:Int64}, 'UTC')`;

/**
 * How far the rows themselves of a table with a column `until` reach, in the moment of the query: between an INSERT and what `rollups` says of it,
 * they are in the table, and would be taken out of `flows` once more.
 */
const untilOfRows = (table: 'connections', said: string, collector: string): string =>
  `greatest(${said}, (SELECT max(until) FROM ${table} WHERE collector = ${collector}))`;

/**
 * Parts know the first and the last receipt of their rows, and nothing of collectors: so each collector has a range of receipt. One that is heard no more, and
 * was last heard long ago, has rows of then; one without progress, which `exporters` names, may have rows of any time; and one that nothing knows of yet has
 * begun a moment ago.
 */
export const findNewerRows = async (
  ledger: LedgerView,
  rollup: 'connections' | 'nat_log',
): Promise<NewerRows> => {
  const [all, heard, [newest]] = await Promise.all([
    ledger.progress(),
    ledger.ask<Heard>({
      sql: 'SELECT collector, toUnixTimestamp(max(last_seen)) AS last FROM exporters GROUP BY collector',
      params: {},
    }),
    // Answered from what parts know of themselves.
    ledger.ask<{ received: number }>({
      sql: 'SELECT toUnixTimestamp64Micro(max(received)) AS received FROM flows',
      params: {},
    }),
  ]);
  const progress = all.filter((one) => one.rollup === rollup);
  if (progress.length === 0) return { had: undefined, newer: '1', params: {}, until: undefined };
  const params: Record<string, unknown> = {};
  const until = Math.max(...progress.map((one) => one.until));
  const newestMicros = newest?.received ?? Number.POSITIVE_INFINITY;
  const lastOf = new Map(heard.map(({ collector, last }) => [collector, last * 1e6 + slackMicros]));
  const names = [...new Set([...progress.map(({ collector }) => collector), ...lastOf.keys()])];
  const untils = new Map(progress.map((one) => [one.collector, one.until]));
  const had: string[] = [];
  const newer: string[] = [];
  for (const [i, collector] of names.entries()) {
    const from = untils.get(collector);
    const last = Math.min(lastOf.get(collector) ?? newestMicros, newestMicros);
    const isCollector = `collector = {collector${i}:String}`;
    params[`collector${i}`] = collector;
    if (from !== undefined) {
      params[`until${i}`] = from;
      had.push(`(${isCollector} AND received < ${timeOf(`until${i}`)})`);
      if (from > last) continue;
    }
    const said = timeOf(`until${i}`);
    const after = rollup === 'connections' ? untilOfRows(rollup, said, `{collector${i}:String}`) : said;
    const isAfter = from === undefined ? [] : [`received >= ${after}`];
    const isBefore = lastOf.has(collector) ? [`received <= ${timeOf(`last${i}`)}`] : [];
    if (isBefore.length > 0) params[`last${i}`] = lastOf.get(collector);
    newer.push(`(${[isCollector, ...isAfter, ...isBefore].join(' AND ')})`);
  }
  if (newestMicros >= until) {
    params.until = until;
    params.collectors = names;
    newer.push(`(collector NOT IN {collectors:Array(String)} AND received >= ${timeOf('until')})`);
  }
  return {
    had: had.join(' OR '),
    newer: newer.length === 0 ? undefined : `(${newer.join(' OR ')})`,
    params,
    until,
  };
};
