/** The largest receive buffer that a socket may ask for. A bench may raise it for its own time, and puts it back. */

import { readFileSync, writeFileSync } from 'node:fs';

const setting = '/proc/sys/net/core/rmem_max';

/**
 * Runs `work` while sockets may have `bytes` octets; where we may not change that (not root), as it is. What was set before is set
 * again in the end, also when we are interrupted.
 */
export const withReceiveMemory = async <T>(bytes: number, work: () => Promise<T>): Promise<T> => {
  const before = readFileSync(setting, 'utf8');
  if (Number(before) >= bytes) return work();
  const putBack = (): void => writeFileSync(setting, before);
  const interrupted = (): void => {
    putBack();
    process.exit(130);
  };
  try {
    writeFileSync(setting, String(bytes));
  } catch {
    return work();
  }
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  try {
    return await work();
  } finally {
    putBack();
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
  }
};
