/** The largest receive buffer that a socket may ask for. */

import { withRaisedSetting } from './raised-setting.ts';

/** Runs `work` while sockets may have `bytes` octets; where we may not change that (not root), as it is. */
export const withReceiveMemory = <T>(bytes: number, work: () => Promise<T>): Promise<T> =>
  withRaisedSetting('/proc/sys/net/core/rmem_max', bytes, work);
