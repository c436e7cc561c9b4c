/** What is known of a host from before the flows that are still there: by the day, all ports together. */

import { formatBytes, formatTotal } from '../../shared/service/format-quantity.ts';
import type { LedgerView } from '../ask/ledger-view.ts';
import type { TimeRange } from '../ask/report.ts';

interface Activity {
  readonly days: number;
  readonly last: number;
  readonly last_answered: number;
  readonly flows: number;
  readonly unanswered: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly peers: number;
}

/** Flows come some time after they began: so much later than the range the first ones may begin. */
const slackMicros = 3600e6;

const activitySql = `SELECT uniqExact(day) AS days, toUnixTimestamp(max(last_seen)) AS last, toUnixTimestamp(max(last_in)) AS last_answered,
  sum(flows_in) AS flows, sum(unanswered_in) AS unanswered, uniqCombinedMerge(12)(peers) AS peers,
  sum(bytes_in * greatest(sampling_rate, 1)) AS bytes_in, sum(bytes_out * greatest(sampling_rate, 1)) AS bytes_out
FROM host_activity
WHERE address = {host:IPv6} AND day >= toDate({from:UInt32}, 'UTC') AND day <= toDate({to:UInt32}, 'UTC')`;

const behindNat = ' A server behind destination translation may be missing there.';

/** Sentences; none where the flows themselves answer for all of the range. */
export const describeEarlierActivity = async (
  host: string,
  range: TimeRange,
  ledger: LedgerView,
): Promise<readonly string[]> => {
  const oldest = Math.min((await ledger.since('flows')) ?? range.to, range.to);
  const kept = await ledger.since('host_activity');
  if (kept === undefined || oldest <= range.from + slackMicros || kept >= oldest) return [];
  const [activity] = await ledger.ask<Activity>({
    sql: activitySql,
    params: { host, from: Math.floor(range.from / 1e6), to: Math.floor(oldest / 1e6) },
  });
  const intro = `Flows before ${ledger.formatTime(oldest)} are gone; host_activity (hosts inside, by the day, all ports)`;
  const shown = (seconds: number): string => ledger.formatTime(Number(seconds) * 1e6);
  if (activity === undefined || Number(activity.days) === 0)
    return [`${intro} has nothing of it since ${ledger.formatTime(Math.max(kept, range.from))}.${behindNat}`];
  const { days, last, last_answered, flows, unanswered, bytes_in, bytes_out, peers } = activity;
  const isServed = Number(last_answered) > 0;
  const answered = `last ${isServed ? `reached ${shown(last_answered)}, last ` : ''}seen ${shown(last)}`;
  const unserved = ` It knows of no connection to a known service of it: other ports and ICMP, it cannot tell.${behindNat}`;
  const failed = Number(unanswered) > 0 ? ` (${unanswered} of TCP unanswered)` : '';
  const traffic = `${formatBytes(Number(bytes_in))} to it, ${formatBytes(Number(bytes_out))} from it`;
  return [
    `${intro} has ${formatTotal(Number(days), 'day')} of it: ${answered}; ${formatTotal(Number(flows), 'flow')} to it${failed}, ${traffic}, about ${formatTotal(Number(peers), 'peer')}.${isServed ? '' : unserved}`,
  ];
};
