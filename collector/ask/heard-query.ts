/** Which exporters were heard in a range of time, minute by minute of receipt, as one question to `exporter_loss`. */

import type { Query } from './query.ts';

const minuteMicros = 60e6;
/** A minute's row is written when the next one has begun. */
const writtenAfterMicros = 10e6;

/**
 * Rows are those of `HeardExporter`: of each exporter that was first seen before the end of the range. The minute that is not over is left out. Losses
 * that no exporter can be blamed for may be anybody's, and count for each.
 */
export const heardQuery = (fromMicros: number, toMicros: number, nowMicros: number): Query => {
  const last = Math.floor(
    Math.min(toMicros + minuteMicros - 1, nowMicros - writtenAfterMicros) / minuteMicros,
  );
  const first = Math.min(Math.floor(fromMicros / minuteMicros), last - 1);
  const sql = `WITH losses AS (
  SELECT exporter, domain, arraySort(groupUniqArrayIf(toInt64(toUnixTimestamp(minute)), datagrams > 0)) AS heard,
    sum(missing) AS missing, toInt64(sum(expired + refused + queue_drops + kernel_drops + journal_drops + not_stored)) AS lost
  FROM exporter_loss FINAL
  WHERE minute >= toDateTime({first:Int64}) AND minute < toDateTime({last:Int64})
  GROUP BY exporter, domain
), (SELECT sum(lost) FROM losses WHERE exporter = toIPv6('::')) AS lost_by_nobody
SELECT toString(e.exporter) AS exporter, e.domain AS domain, length(heard) AS minutesHeard,
  toUInt32(intDiv({last:Int64} - {first:Int64}, 60)) AS minutes,
  arrayConcat([{first:Int64} - 60], heard, [{last:Int64}]) AS marks,
  arrayDifference(marks) AS steps,
  (arrayMax(steps) - 60) * 1000000 AS longestSilence,
  (marks[indexOf(steps, arrayMax(steps)) - 1] + 60) * 1000000 AS silentFrom,
  missing, lost + ifNull(lost_by_nobody, 0) AS lost
FROM (SELECT exporter, domain FROM exporters FINAL WHERE exporter != toIPv6('::') GROUP BY exporter, domain
  HAVING min(first_seen) < toDateTime({last:Int64})) AS e
LEFT JOIN losses AS l ON e.exporter = l.exporter AND e.domain = l.domain
ORDER BY e.exporter, domain`;
  return {
    sql: `SELECT * EXCEPT (marks, steps) FROM (${sql})`,
    params: { first: first * 60, last: last * 60 },
  };
};
