import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tree } from './tidy-rule.ts';

/** What is git's own. */
const passedOver = ['.git'];
const binary = /\.(?:pcap|pcapng|cap|gz|bin|png|tgz)$/;

/** The folders that `.gitignore` names. */
const ignoredFolders = (root: string): readonly string[] =>
  readFileSync(join(root, '.gitignore'), 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('/'))
    .map((line) => line.slice(0, -1));

/** Reads all text files below `root` that are kept, in the order of their paths. */
export const readTree = (root: string): Tree => {
  const skipped = new Set([...passedOver, ...ignoredFolders(root)]);
  const tree = new Map<string, string>();
  const walk = (folder: string): void => {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (skipped.has(path)) continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile() && !binary.test(path)) tree.set(path, readFileSync(join(root, path), 'utf8'));
    }
  };
  walk('');
  return tree;
};
