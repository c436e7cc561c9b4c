/** Options that reports about sums have in common. */

import { ConfigError } from '../../shared/service/config-error.ts';
import type { Question, ReportOption } from './report.ts';

export const rankings = ['bytes', 'packets', 'flows'] as const;
export type Ranking = (typeof rankings)[number];

export const rankingOptions: readonly ReportOption[] = [
  { flags: '--by-bytes', description: 'most bytes first (default)' },
  { flags: '--by-packets', description: 'most packets first' },
  { flags: '--by-flows', description: 'most flows first' },
  { flags: '--exact', description: 'ask the flows themselves, whatever it takes, and no rollup' },
];

/** Throws ConfigError for more than one. */
export const readRanking = ({ options }: Question): Ranking => {
  const said = rankings.filter((name) => options[`by${name[0]?.toUpperCase()}${name.slice(1)}`] === true);
  if (said.length > 1)
    throw new ConfigError(`${said.map((name) => `--by-${name}`).join(' and ')}: give one of them`);
  return said[0] ?? 'bytes';
};
