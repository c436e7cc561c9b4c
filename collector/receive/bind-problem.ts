/** Why a socket could not be bound, in one line that names the cause and what to do. */

import { findPortOwner } from './port-owner.ts';

export interface BindAttempt {
  readonly protocol: 'udp' | 'tcp';
  /** Empty for all addresses. */
  readonly host: string;
  readonly port: number;
}

const takenBy = async (protocol: 'udp' | 'tcp', port: number): Promise<string> => {
  const owner = await findPortOwner(protocol, port);
  if (owner === undefined) {
    return `port ${port} is taken by another process (as root, "ss -${protocol === 'udp' ? 'u' : 't'}lnp" shows which)`;
  }
  if (owner.pid === process.pid)
    return `port ${port} is already listened on by this very command (given twice?)`;
  return `port ${port} is taken by pid ${owner.pid} (${owner.name})`;
};

/** `error` is what Node gave for the attempt; errors that are not foreseen keep Node's own words. */
export const describeBindProblem = async (error: unknown, attempt: BindAttempt): Promise<string> => {
  const { protocol, host, port } = attempt;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return takenBy(protocol, port);
    case 'EACCES':
    case 'EPERM':
      return (
        `port ${port} needs a privilege: give it with "setcap cap_net_bind_service=+ep ${process.execPath}" or ` +
        'AmbientCapabilities=CAP_NET_BIND_SERVICE in the systemd unit, or take a port above 1023'
      );
    case 'EADDRNOTAVAIL':
      return `${host || 'the wildcard address'} is not an address of this machine ("ip address" lists them)`;
    case 'EAFNOSUPPORT':
      return `${host.includes(':') ? 'IPv6' : 'this kind of address'} is switched off on this machine`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host name ${host} is not known`;
    case 'EINVAL':
      return `${host} cannot be bound: a link-local address needs its interface, as in fe80::1%eth0`;
    default:
      return error instanceof Error ? error.message : String(error);
  }
};
