/** The malformed datagrams of `fixtures/malformed`: hex with comments, one file per code of FormatError. */

import { readdirSync, readFileSync } from 'node:fs';
import { hexBytes } from './capture-builder.ts';

const folder = new URL('../../fixtures/malformed/', import.meta.url);

/** Hex digits, without what stands behind a `#` in its line. */
const parseHexText = (text: string): Uint8Array => hexBytes(text.replace(/#.*/g, ''));

/** Code and datagram. */
export const malformedFixtures = (): readonly (readonly [code: string, datagram: Uint8Array])[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .map((name) => [name.replace('.txt', ''), parseHexText(readFileSync(new URL(name, folder), 'utf8'))]);
