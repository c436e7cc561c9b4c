/**
 * `flowledger scans`: who tries many ports of a host, one port of many hosts, or much of both, and gets nowhere. Whoever is answered is no scanner,
 * however busy: proxies, resolvers, monitoring.
 */

import { ConfigError } from '../../shared/service/config-error.ts';
import { formatTotal } from '../../shared/service/format-quantity.ts';
import type { LedgerView } from '../ask/ledger-view.ts';
import { rangeParams } from '../ask/range-sql.ts';
import type { Plan, Question, Report, ReportColumn } from '../ask/report.ts';
import type { CompiledFilter } from '../filter/compiled-filter.ts';
import { attemptsByTarget } from './attempts.ts';

const columns: readonly ReportColumn[] = [
  { name: 'scanner', title: 'source', kind: 'address' },
  { name: 'scan', title: 'scan', kind: 'text' },
  { name: 'proto', title: 'proto', kind: 'protocol' },
  { name: 'hosts', title: 'hosts', kind: 'count' },
  { name: 'ports', title: 'ports', kind: 'count', optional: true },
  { name: 'attempts', title: 'attempts', kind: 'count' },
  { name: 'answered', title: 'answered', kind: 'share' },
  { name: 'open', title: 'found open', kind: 'text', optional: true },
  { name: 'first', title: 'first', kind: 'time', optional: true },
  { name: 'last', title: 'last', kind: 'time' },
  { name: 'examples', title: 'for instance', kind: 'text', optional: true },
];

const defaultPorts = 100;
const defaultHosts = 50;
/**
 * Of the targets, how many may have answered. Much of what a scan of a network finds is alive; where many ports of many hosts were tried, that may be
 * somebody who shares files, and half of those whom one asks are gone.
 */
const maxAnswered = { line: 0.5, sweep: 0.2 } as const;

/** `10.0.0.5:22`, `[2001:db8::5]:22`, and the address alone for ICMP. */
const exampleSql = `concat(if(port > 0 AND position(shown, '.') = 0, concat('[', shown, ']'), shown), if(port > 0, concat(':', toString(port)), ''))`;

/**
 * Each target counts three times: for its port (many hosts: horizontal), for its host (many ports: vertical), and for the source as a whole (sweep). A
 * connection in which nothing was said is a failure only where many ports of one host were tried: monitoring does not do that.
 */
const buildSql = (
  filter: CompiledFilter | undefined,
  hasAggregate: boolean,
): string => `SELECT * EXCEPT (has_sweep, wide)
FROM (
  SELECT *, max(scan = 'sweep') OVER (PARTITION BY scanner, proto) AS has_sweep
  FROM (
    SELECT scanner, proto, hosts, ports, attempts, answered, first, last, examples, open,
      multiIf(
        wide = 2 AND hosts >= {hosts:UInt32} AND ports >= {ports:UInt32} AND answered <= ${maxAnswered.sweep}, 'sweep',
        wide = 1 AND ports >= {ports:UInt32} AND answered <= ${maxAnswered.line}, 'vertical',
        wide = 0 AND hosts >= {hosts:UInt32} AND answered <= ${maxAnswered.line}, 'horizontal', '') AS scan, wide
    FROM (
      SELECT scanner, proto, wide, if(wide = 0, sumIf(target_hosts, is_bad), uniqExactIf(target, is_bad)) AS hosts,
        uniqExactIf(port, is_bad AND port > 0) AS ports, sum(tried) AS attempts, countIf(NOT is_bad) / count() AS answered,
        min(begun) AS first, max(ended) AS last, groupArraySortedIf(3)(example, is_bad) AS examples, groupArraySortedIf(5)(example, is_open) AS open
      FROM (
        SELECT *, arrayJoin([0, 1, 2]) AS wide, is_failed AND (wide = 1 OR NOT is_empty) AS is_bad, ${exampleSql} AS example
        FROM (
          SELECT *, replaceOne(toString(target), '::ffff:', '') AS shown
          FROM (${attemptsByTarget({ filter, hasAggregate })})
        )
      )
      GROUP BY scanner, proto, wide, if(wide = 1, target, toIPv6('::')), if(wide = 0, port, 0)
    )
  )
)
WHERE scan = 'sweep' OR scan != '' AND NOT has_sweep
ORDER BY attempts DESC, scanner, scan, first
LIMIT {limit:UInt64} OFFSET {offset:UInt64}`;

const plan = async (question: Question, ledger: LedgerView): Promise<Plan> => {
  const { range, filter, limit, offset, options } = question;
  const [ports, hosts] = [options.ports ?? defaultPorts, options.hosts ?? defaultHosts];
  return {
    query: {
      sql: buildSql(filter, await ledger.hasColumn('distinct_dst')),
      params: { ...rangeParams(range), ...filter?.params, ports, hosts, limit, offset },
    },
    columns,
    source: 'flows',
    isLimited: true,
    conclude: (rows) => [
      rows.length === 0
        ? `Looked for: who tried ${ports} ports of a host, or ${hosts} hosts, and got nowhere.`
        : `${formatTotal(rows.length, 'scan')}: ${ports} ports of a host (vertical), ${hosts} hosts (horizontal), or both (sweep), and mostly no answer.`,
    ],
  };
};

const parseThreshold =
  (option: string) =>
  (text: string): number => {
    const count = Number(text);
    if (Number.isInteger(count) && count >= 2 && count <= 1_000_000) return count;
    throw new ConfigError(`${option} ${text}: a whole number from 2 on`);
  };

export const scans: Report = {
  name: 'scans',
  summary: 'who tries many ports of a host, one port of many hosts, or both, and gets nowhere',
  options: [
    {
      flags: '--ports <count>',
      description: `ports of a host that make a scan (default: ${defaultPorts})`,
      parse: parseThreshold('--ports'),
    },
    {
      flags: '--hosts <count>',
      description: `hosts that make a scan (default: ${defaultHosts})`,
      parse: parseThreshold('--hosts'),
    },
  ],
  defaultLastMicros: 3600e6,
  defaultLimit: 50,
  isPaged: true,
  examples: ['--last 24h', '--last 7d --ports 20 --hosts 20', "--filter 'src net 10.0.0.0/8'"],
  plan,
};
