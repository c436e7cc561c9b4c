/** `--to udp://HOST[:PORT]`. */

import { ConfigError } from '../../shared/service/config-error.ts';
import { formatHostPort, type HostPort, parseHostPort } from '../../shared/service/host-port.ts';

/** Registered for IPFIX (RFC 7011 10.3.4); NetFlow v9 has none of its own. */
const defaultPort = 4739;

export interface DestinationUrl extends HostPort {
  /** `udp://HOST:PORT`, with the port even where the operator left it out. */
  readonly name: string;
}

/** Throws ConfigError, which names what is wrong. */
export const parseDestination = (text: string): DestinationUrl => {
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*?)\/?$/i.exec(text) ?? [];
  if (scheme !== undefined && /^(?:tcp|tls|dtls|sctp)$/i.test(scheme))
    throw new ConfigError(`--to ${text}: ${scheme} is not supported yet, only udp://HOST:PORT`);
  const hostPort = parseHostPort(rest) ?? parseHostPort(`${rest}:${defaultPort}`);
  if (scheme?.toLowerCase() !== 'udp' || hostPort === undefined || hostPort.host === '')
    throw new ConfigError(
      `--to ${text}: not of the form udp://HOST[:PORT], such as udp://192.0.2.1:2055 or udp://[2001:db8::1]`,
    );
  if (hostPort.port === 0) throw new ConfigError(`--to ${text}: nobody can listen on port 0`);
  return { ...hostPort, name: `udp://${formatHostPort(hostPort.host, hostPort.port)}` };
};
