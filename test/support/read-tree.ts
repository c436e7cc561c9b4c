import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tree } from './tidy-rule.ts';

/** What `git` does not keep, or keeps as data. */
const passedOver =
  /^(?:\.git|\.tap|node_modules|dist|coverage|flowledger-data|fixtures\/(?:captures|expected))$/;
const binary = /\.(?:pcap|pcapng|cap|gz|bin|png|tgz)$/;

/** Reads all text files below `root`, in the order of their paths. */
export const readTree = (root: string): Tree => {
  const tree = new Map<string, string>();
  const walk = (folder: string): void => {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (passedOver.test(path)) continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile() && !binary.test(path)) tree.set(path, readFileSync(join(root, path), 'utf8'));
    }
  };
  walk('');
  return tree;
};
