/** `--listen udp://HOST:PORT`. */

import { ConfigError } from '../../shared/service/config-error.ts';
import { type HostPort, parseHostPort } from '../../shared/service/host-port.ts';

export interface ListenUrl extends HostPort {
  /** As the operator wrote it. */
  readonly text: string;
}

/** `udp://:PORT` is all addresses, IPv6 and IPv4; `udp://[::]:PORT` the same, by name. Throws ConfigError. */
export const parseListenUrl = (text: string): ListenUrl => {
  const match = /^udp:\/\/(.*?)\/?$/.exec(text);
  const hostPort = match === null ? undefined : parseHostPort(match[1] as string);
  if (hostPort === undefined) {
    throw new ConfigError(
      `--listen ${text}: not of the form udp://HOST:PORT, such as udp://:2055 or udp://[2001:db8::1]:4739`,
    );
  }
  return { text, ...hostPort };
};
