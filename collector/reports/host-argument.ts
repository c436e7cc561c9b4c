/** Hosts and networks as people type them, in the form that the columns have: IPv6, IPv4 mapped. */

import { ConfigError } from '../../shared/service/config-error.ts';
import { formatIpv6, parseAddress } from '../../shared/wire/address.ts';
import { type Network, parseNetwork } from '../../shared/wire/network.ts';
import { acceptedPorts, parsePort } from './port-argument.ts';

export interface HostArgument {
  /** For `{host:IPv6}`. */
  readonly address: string;
  readonly port: number | undefined;
}

/** `10.0.0.5`, `10.0.0.5:5432`, `10.0.0.5:postgresql`, `2001:db8::1`, `[2001:db8::1]:5432`. Throws ConfigError that names `what`. */
export const parseHostArgument = (what: string, text: string, mayHavePort = true): HostArgument => {
  const match = /^\[([^\]]*)\](?::([^:]+))?$/.exec(text) ?? /^([^:]*)(?::([^:]+))?$/.exec(text);
  const octets = parseAddress((match?.[1] ?? text).trim());
  const said = match?.[2];
  if (octets === undefined || (said !== undefined && !mayHavePort)) {
    const examples = mayHavePort ? '10.0.0.5, 10.0.0.5:5432 or [2001:db8::1]:443' : '10.0.0.5 or 2001:db8::1';
    throw new ConfigError(`${what} ${text}: not an address, such as ${examples}`);
  }
  const port = said === undefined ? undefined : parsePort(said);
  if (said !== undefined && port === undefined)
    throw new ConfigError(`${what} ${text}: ${said} is not a port; ports are ${acceptedPorts}`);
  return { address: formatIpv6(octets, 0), port };
};

/** `2001:db8::1:443` is an address, and perhaps not the one that was meant: as it is with a port; undefined: nothing else can be meant. */
export const findMeantPort = (text: string): string | undefined => {
  const [, address = '', port = ''] = /^([^[\]]*:[^[\]]*):(\d{1,4})$/.exec(text) ?? [];
  return parseAddress(address) !== undefined && parsePort(port) !== undefined
    ? `[${address}]:${port}`
    : undefined;
};

/** For options: throws ConfigError. */
export const parseNetworkOption =
  (option: string) =>
  (text: string): Network => {
    const network = parseNetwork(text.trim());
    if (network === undefined)
      throw new ConfigError(
        `${option} ${text}: not an address or a network, such as 10.0.0.0/8 or 2001:db8::/32`,
      );
    return network;
  };

/** A condition that `column` is in one of the networks, and its parameters `NAME0first`, `NAME0last` and so on. */
export const inNetworks = (
  column: string,
  networks: readonly Network[],
  name: string,
): { readonly sql: string; readonly params: Readonly<Record<string, string>> } => ({
  sql:
    networks.length === 0
      ? '0'
      : `(${networks.map((_, i) => `${column} BETWEEN {${name}${i}first:IPv6} AND {${name}${i}last:IPv6}`).join(' OR ')})`,
  params: Object.fromEntries(
    networks.flatMap(({ first, last }, i) => [
      [`${name}${i}first`, first],
      [`${name}${i}last`, last],
    ]),
  ),
});

const loopbackNetworks = ['127.0.0.0/8', '::1'].map((text) => parseNetwork(text) as Network);
export const isLoopback = (address: string): boolean =>
  address === '::1' || address.startsWith('::ffff:127.');

/** A condition that a column is a loopback address, or the host itself, which is none: a machine that talks with itself. */
export const loopbackSql = (column: string, host: string): string => {
  const tests = loopbackNetworks.map(({ first, last }) =>
    first === last
      ? `${column} = toIPv6('${first}')`
      : `${column} BETWEEN toIPv6('${first}') AND toIPv6('${last}')`,
  );
  return `(${column} = ${host} OR ${tests.join(' OR ')})`;
};
