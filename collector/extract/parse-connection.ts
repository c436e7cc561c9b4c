/** A connection as people write it: `tcp 172.18.60.2:18982 172.18.60.225:80`. */

import { ConfigError } from '../../shared/service/config-error.ts';
import { parseHostPort } from '../../shared/service/host-port.ts';
import { parseAddress } from '../../shared/wire/address.ts';
import { protocolNumbers } from '../filter/protocol-numbers.ts';
import type { ConnectionEnd, ConnectionMatch } from './connection-match.ts';

const protocolsWithPorts: readonly number[] = [6, 17, 33, 132, 136];

const parseProtocol = (text: string): number | undefined => {
  const number = protocolNumbers.get(text.toLowerCase()) ?? (/^\d{1,3}$/.test(text) ? Number(text) : 256);
  return number > 255 ? undefined : number;
};

const parseEnd = (text: string, hasPort: boolean): ConnectionEnd | undefined => {
  const { host, port } = hasPort ? (parseHostPort(text) ?? { host: '', port: 0 }) : { host: text, port: 0 };
  const address = parseAddress(host);
  return address && { address, port };
};

/**
 * Of any time. An arrow between the ends says nothing, since both directions are meant; protocols without ports have addresses alone.
 * Throws ConfigError.
 */
export const parseConnection = (text: string): ConnectionMatch => {
  const [protocol = '', first = '', second = '', ...rest] = text
    .split(/[\s,]+/)
    .filter((word) => word !== '' && !/^<?-+>$/.test(word));
  const proto = parseProtocol(protocol);
  const hasPorts = proto !== undefined && protocolsWithPorts.includes(proto);
  const [a, b] = [parseEnd(first, hasPorts), parseEnd(second, hasPorts)];
  if (proto === undefined || a === undefined || b === undefined || rest.length > 0)
    throw new ConfigError(
      `--connection ${text}: expected a protocol and two ends, such as "tcp 192.0.2.1:53500 198.51.100.7:443", "udp [2001:db8::1]:53 [2001:db8::2]:4000" or "icmp 192.0.2.1 192.0.2.2"`,
    );
  return { proto, a, b, fromMicros: Number.NEGATIVE_INFINITY, toMicros: Number.POSITIVE_INFINITY };
};
