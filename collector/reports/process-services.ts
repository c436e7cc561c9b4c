/** Which services talk to whom: a row for each service, direction, and what lies at the other end. */

import { ConfigError } from '../../shared/service/config-error.ts';
import { formatTotal } from '../../shared/service/format-quantity.ts';
import { parseNetwork } from '../../shared/wire/network.ts';
import type { ReportColumn, Row } from '../ask/report.ts';
import { insideCondition, privateNetworks } from '../rollup/inside-networks.ts';
import { serviceSql } from './process-ends.ts';

/** Never on the Internet, whatever is ours: link-local and multicast addresses, and the limited broadcast. */
const localNetworks = ['169.254.0.0/16', '224.0.0.0/4', '255.255.255.255/32', 'fe80::/10', 'ff00::/8'];

export const parseInside = (text: string): string => {
  if (text.includes('/') && parseNetwork(text) !== undefined) return text;
  throw new ConfigError(`--inside ${text}: not a network, such as 192.0.2.0/24 or 2001:db8::/32`);
};

const optional = { optional: true } as const;

// biome-ignore format: a table is read by its rows
export const serviceColumns: readonly ReportColumn[] = [
  { name: 'service', title: 'service', kind: 'text' },
  { name: 'with', title: 'with', kind: 'text' },
  { name: 'direction', title: 'direction', kind: 'text' },
  { name: 'connections', title: 'connections', kind: 'count' },
  { name: 'hosts', title: 'hosts', kind: 'count' },
  { name: 'sent_bytes', title: 'sent', kind: 'bytes' },
  { name: 'received_bytes', title: 'received', kind: 'bytes' },
  { name: 'first', title: 'first', kind: 'time', ...optional },
  { name: 'last', title: 'last', kind: 'time', ...optional },
  { name: 'ports', title: 'ports', kind: 'port', ...optional },
  { name: 'users', title: 'users', kind: 'text', ...optional },
  { name: 'exporters', title: 'exporters', kind: 'address', ...optional },
];

export interface ServicesQuery {
  readonly sql: string;
  readonly params: Readonly<Record<string, string>>;
}

/** `connections`: rows of `connectionsSql`. Those with the Internet come first. Needs the parameters `limit` and `offset`. */
export const servicesSql = (
  connections: string,
  inside: readonly string[] = privateNetworks,
): ServicesQuery => {
  const { sql, params } = insideCondition([...inside, ...localNetworks]);
  return {
    sql: `SELECT ${serviceSql} AS service,
  multiIf(c.remote = c.local OR c.remote = toIPv6('::1') OR c.remote BETWEEN toIPv6('::ffff:127.0.0.0') AND toIPv6('::ffff:127.255.255.255'), 'this host',
    ${sql('c.remote')}, 'inside', 'Internet') AS with,
  c.direction AS direction, count() AS connections, uniqExact(c.remote) AS hosts,
  sum(c.sent_bytes) AS sent_bytes, sum(c.received_bytes) AS received_bytes, min(c.first) AS first, max(c.last) AS last,
  arraySort(topK(5)(if(c.direction = 'out', c.remote_port, c.local_port))) AS ports,
  arraySort(arrayFilter(name -> name != '', groupUniqArray(5)(c.process_user))) AS users,
  arraySort(groupUniqArray(5)(toString(c.exporter))) AS exporters
FROM (
${connections}
) AS c
GROUP BY service, with, direction
ORDER BY with = 'Internet' DESC, with = 'inside' DESC, sent_bytes + received_bytes DESC, connections DESC, service, direction
LIMIT {limit:UInt64} OFFSET {offset:UInt64}`,
    params,
  };
};

export const describeServices = (rows: readonly Row[]): readonly string[] => {
  if (rows.length === 0) return [];
  const outside = new Set(
    rows.filter((row) => row.with === 'Internet').map(({ service }) => String(service)),
  );
  return [
    outside.size === 0
      ? 'none of these talked to the Internet'
      : `${formatTotal(outside.size, 'service')} of these talked to the Internet`,
  ];
};
