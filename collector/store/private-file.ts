import { renameSync, writeFileSync } from 'node:fs';

/** Writes a file that only its owner may read (mode 0600); a reader sees the old one or the new one, never a half. */
export const writePrivateFile = (path: string, text: string): void => {
  const unfinished = `${path}.${process.pid}.new`;
  writeFileSync(unfinished, text, { mode: 0o600 });
  renameSync(unfinished, path);
};
