/** The version in package.json, which lies one folder up in the sources, and two in `dist`. */

import { existsSync, readFileSync } from 'node:fs';

const candidates = ['../package.json', '../../package.json'].map((path) => new URL(path, import.meta.url));
const file = candidates.find((url) => existsSync(url));

export const version: string = file
  ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
  : 'unknown';
