/** The range of time that a question is about, out of `--from`, `--to` and `--last`. */

import { ConfigError } from '../../shared/service/config-error.ts';
import { parseDuration } from '../../shared/service/parse-quantity.ts';
import {
  acceptedTimes,
  parseSaidTime,
  type SaidTime,
  type TimeContext,
} from '../../shared/service/parse-time.ts';
import type { TimeRange } from './report.ts';

export interface SaidRange {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly last?: string | undefined;
}

const parse = (option: string, text: string | undefined, context: TimeContext): SaidTime | undefined => {
  if (text === undefined) return undefined;
  const said = parseSaidTime(text, context);
  if (said === undefined) throw new ConfigError(`${option} ${text}: not a time. Times are ${acceptedTimes}`);
  return said;
};

/**
 * `--from` alone goes on until now, or to the end of a day that was named; `--to` alone and `--last` end there, the latter else now.
 * Throws ConfigError.
 */
export const readTimeRange = (
  said: SaidRange,
  context: TimeContext,
  defaultLastMicros: number,
): TimeRange => {
  const from = parse('--from', said.from, context);
  const to = parse('--to', said.to, context);
  if (said.last !== undefined && from !== undefined)
    throw new ConfigError('--last and --from: give one of them; --last may go with --to');
  const lengthMicros =
    said.last === undefined ? defaultLastMicros : Math.round(parseDuration('--last', said.last) * 1000);
  if (lengthMicros <= 0) throw new ConfigError(`--last ${said.last}: it must be longer than nothing`);
  if (from === undefined) {
    const end = to?.to ?? context.nowMicros;
    return { from: end - lengthMicros, to: end, isRelative: true };
  }
  const end = to?.to ?? (from.to > from.from && from.to <= context.nowMicros ? from.to : context.nowMicros);
  if (end <= from.from) {
    const what = to === undefined ? 'is not before now' : `is not before --to ${said.to}`;
    throw new ConfigError(`--from ${said.from} ${what}: the range is empty`);
  }
  return { from: from.from, to: end, isRelative: from.isRelative };
};
