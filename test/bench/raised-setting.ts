/** Settings of the kernel that hold for the whole machine. A bench may raise one for its own time, and puts it back. */

import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Runs `work` while the number in the file `setting` is at least `least`; where we may not change that (not root), as it is. What it
 * was before is set again, also on an interrupt.
 */
export const withRaisedSetting = async <T>(
  setting: string,
  least: number,
  work: () => Promise<T>,
): Promise<T> => {
  const before = readFileSync(setting, 'utf8');
  if (Number(before) >= least) return work();
  const putBack = (): void => writeFileSync(setting, before);
  const interrupted = (): void => {
    putBack();
    process.exit(130);
  };
  try {
    writeFileSync(setting, String(least));
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
