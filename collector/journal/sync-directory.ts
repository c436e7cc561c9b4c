import { open } from 'node:fs/promises';

/** The name of a new file survives a loss of power only after its directory was synced, too. */
export const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
