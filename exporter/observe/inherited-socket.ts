/** A netlink socket from a service manager (systemd: `ListenNetlink=netfilter 7` in a socket unit), by sd_listen_fds(3). */

import { ConfigError } from '../../shared/service/config-error.ts';
import { findNetfilterGroups } from './netlink-socket.ts';

const firstFd = 3;
/** No service manager passes more to one service. */
const maxFds = 1024;

export interface InheritanceOptions {
  readonly pid: number;
  /** Undefined: that is no socket of netfilter's. */
  readonly findGroups: (fd: number) => number | undefined;
}

/**
 * The descriptor of the first socket of netfilter that was passed to this process; undefined when none was passed to it.
 * @throws ConfigError when sockets were passed, and none is of netfilter.
 */
export const findInheritedSocket = (
  env: NodeJS.ProcessEnv,
  { pid, findGroups }: InheritanceOptions = { pid: process.pid, findGroups: findNetfilterGroups },
): number | undefined => {
  const count = Number(env.LISTEN_FDS ?? 0);
  // What was passed to a parent of ours is not for us.
  if (Number(env.LISTEN_PID) !== pid || !Number.isInteger(count) || count < 1 || count > maxFds)
    return undefined;
  for (let fd = firstFd; fd < firstFd + count; fd++) if (findGroups(fd) !== undefined) return fd;
  throw new ConfigError(
    `none of the ${count} inherited sockets is of netfilter: ListenNetlink=netfilter 7 in the socket unit`,
  );
};
