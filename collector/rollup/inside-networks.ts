/** Which addresses are ours (`--inside`), as a condition with bound parameters. */

import { ConfigError } from '../../shared/service/config-error.ts';
import { parseNetwork } from '../../shared/wire/network.ts';

/** What is nobody else's: RFC 1918, RFC 6598 (carrier NAT), RFC 4193. */
export const privateNetworks = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
] as const;

export interface InsideCondition {
  /** Over a column of addresses. */
  readonly sql: (column: string) => string;
  readonly params: Readonly<Record<string, string>>;
}

/** Networks in CIDR notation; IPv4 ones are mapped, as in the columns. Throws ConfigError. */
export const insideCondition = (networks: readonly string[]): InsideCondition => {
  const params: Record<string, string> = {};
  const ranges = networks.map((network, i) => {
    const found = network.includes('/') ? parseNetwork(network) : undefined;
    if (found === undefined)
      throw new ConfigError(`--inside: ${network} is no network, such as 192.0.2.0/24 or 2001:db8::/32`);
    params[`inside_${i}`] = found.first;
    params[`inside_${i}_last`] = found.last;
    // Numbers are compared in a third of the time that addresses take.
    const [first, last] = ['', '_last'].map((end) => `toUInt128({inside_${i}${end}:IPv6})`);
    return (column: string) => `toUInt128(${column}) BETWEEN ${first} AND ${last}`;
  });
  const sql = (column: string): string =>
    ranges.length === 0 ? '0' : `(${ranges.map((range) => range(column)).join(' OR ')})`;
  return { sql, params };
};
