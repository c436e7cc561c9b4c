/** What an answer is worth: since when there is data, what is gone, and why nothing was found. */

import { formatDuration, formatTotal } from '../../shared/service/format-quantity.ts';
import { shownAddress } from '../../shared/wire/address.ts';
import type { LedgerView } from './ledger-view.ts';
import type { TimeRange } from './report.ts';

const dayMicros = 86_400e6;
/** What the first datagram carries was received a little after the exporter was first seen, or a second before it: both are in seconds. */
const slackMicros = 60e6;
/** Exporters that get a line of their own; the others are counted. */
const maxNamed = 5;

interface Keeping {
  /** Days that the table keeps its rows; 0: for ever, or it is not known. */
  readonly days: number;
  /** Receipt of the first datagram ever, microseconds; 0: not known. */
  readonly first: number;
}

const askKeeping = async (ledger: LedgerView, table: string): Promise<Keeping> => {
  const [kept] = await ledger.ask<{ days: number }>({
    sql: `SELECT toUInt32OrZero(extract(engine_full, ' TTL .*?toIntervalDay\\\\((\\\\d+)\\\\)')) AS days
FROM system.tables WHERE database = currentDatabase() AND name = {table:String}`,
    params: { table },
  });
  const [seen] = await ledger.ask<{ first: number }>({
    sql: 'SELECT toInt64(toUnixTimestamp(min(first_seen))) * 1000000 AS first FROM exporters',
    params: {},
  });
  return { days: kept?.days ?? 0, first: seen?.first ?? 0 };
};

/** What the ledger has of the table, and what it has no more, for the line below the answer and for those after it. */
export interface Coverage {
  /** Microseconds of receipt; undefined: the table is empty. */
  readonly since: number | undefined;
  readonly remarks: readonly string[];
}

export const readCoverage = async (
  ledger: LedgerView,
  table: string,
  range: TimeRange,
): Promise<Coverage> => {
  const since = await ledger.since(table);
  if (since === undefined || range.from >= since) return { since, remarks: [] };
  const { days, first } = await askKeeping(ledger, table);
  const oldest = ledger.formatTime(Math.floor(since / 1e6) * 1e6);
  const wasMore = first > 0 && first + slackMicros < since;
  const isOld = days > 0 && since < ledger.nowMicros - (days - 1) * dayMicros;
  const kept = days > 0 ? ` (kept ${formatTotal(days, 'day')})` : '';
  if (wasMore || isOld) return { since, remarks: [`flows received before ${oldest} are gone${kept}`] };
  return { since, remarks: [`nothing was received before ${oldest}: the ledger begins there`] };
};

/** Sentences for an answer without rows: it is never silently empty. */
export const explainEmpty = async (
  ledger: LedgerView,
  range: TimeRange,
  coverage: Coverage,
  hasFilter: boolean,
): Promise<readonly string[]> => {
  const { since } = coverage;
  if (since === undefined) return ['there is no data in the ledger yet'];
  if (range.from >= ledger.nowMicros) return ['nothing found: the range lies in the future'];
  if (range.to <= since) return ['nothing found: the range ends before the ledger begins'];
  // Before the ledger began nobody was heard, and that says nothing.
  const heard = await ledger.heard(Math.max(range.from, since), range.to);
  const nobody = heard.every(({ minutesHeard }) => minutesHeard === 0);
  if (nobody) return ['nothing found: no exporter was heard in this time'];
  const what = hasFilter ? 'nothing found: no flow matches' : 'nothing found';
  const silent = heard.filter(({ minutesHeard, minutes }) => minutesHeard < minutes);
  if (silent.length === 0) {
    const [{ minutes } = { minutes: 0 }] = heard;
    const who = heard.length === 1 ? 'the exporter was' : `all ${heard.length} exporters were`;
    return [what, `${who} heard in ${minutes === 1 ? 'this minute' : `all ${minutes} minutes`}`];
  }
  return [
    what,
    ...silent
      .slice(0, maxNamed)
      .map(
        ({ exporter, domain, minutesHeard, minutes, longestSilence, silentFrom }) =>
          `exporter ${shownAddress(exporter)} domain ${domain} was heard in ${minutesHeard} of ${minutes} minutes, ` +
          `and silent for ${formatDuration(longestSilence / 1000)} from ${ledger.formatTime(silentFrom)} on`,
      ),
    ...(silent.length > maxNamed
      ? [`${formatTotal(silent.length - maxNamed, 'more exporter')} silent for some of the time`]
      : []),
  ];
};
