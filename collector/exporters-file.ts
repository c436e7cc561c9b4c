/** `--exporters FILE.csv`: address, name, site, sampling. Names exporters, and corrects the sampling rate that they say. */

import { readFileSync } from 'node:fs';
import { ConfigError } from '../shared/service/config-error.ts';
import { parseAddress } from '../shared/wire/address.ts';
import type { ConfiguredExporter } from './receive/configured-exporter.ts';

const maxSampling = 0xffffffff;

/** Cells of a CSV line: commas separate, double quotes protect, two of them are one. */
const splitLine = (line: string): readonly string[] => {
  const cells: string[] = [];
  const cell = /\s*(?:"((?:[^"]|"")*)"|([^,]*))\s*(,|$)/y;
  while (cell.lastIndex <= line.length) {
    const found = cell.exec(line);
    if (!found) break;
    cells.push(found[1]?.replaceAll('""', '"') ?? (found[2] ?? '').trim());
    if (found[3] === '') break;
  }
  return cells;
};

/**
 * The exporters of a CSV text. Empty lines, lines that begin with `#` and a heading that begins with `address` are skipped;
 * empty `sampling` means what the exporter says. Throws one ConfigError that names every line that is wrong.
 */
export const parseExporters = (text: string, file: string): readonly ConfiguredExporter[] => {
  const problems: string[] = [];
  const exporters = text.split(/\r?\n/).flatMap((line, i) => {
    if (/^\s*(#|$)/.test(line) || (i === 0 && /^\s*"?address\b/i.test(line))) return [];
    const [address = '', name = '', site = '', sampling = ''] = splitLine(line);
    const octets = parseAddress(address);
    const rate = sampling === '' ? 0 : Number(sampling);
    const where = `${file}, line ${i + 1}`;
    if (!octets) problems.push(`${where}: "${address}" is no address`);
    else if (!Number.isInteger(rate) || rate < 0 || rate > maxSampling) {
      problems.push(`${where}: sampling "${sampling}" is no whole number such as 1000`);
    } else return [{ address: Buffer.from(octets).toString('hex'), name, site, sampling: rate }];
    return [];
  });
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return exporters;
};

/** Reads the file; throws ConfigError when it cannot be read or is wrong. */
export const readExporters = (file: string): readonly ConfiguredExporter[] => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(
      `--exporters ${file}: ${(error as NodeJS.ErrnoException).code ?? 'cannot be read'}`,
    );
  }
  return parseExporters(text, file);
};
