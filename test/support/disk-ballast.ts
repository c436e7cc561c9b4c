/** Takes all the space that is left on a small disk, and gives it back. */

import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const ballast = (directory: string): string => join(directory, 'ballast');

export const fillDisk = (directory: string): void => {
  const file = openSync(ballast(directory), 'a');
  const zeros = Buffer.alloc(4096);
  try {
    while (writeSync(file, zeros) > 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
};

export const emptyDisk = (directory: string): void => rmSync(ballast(directory), { force: true });
