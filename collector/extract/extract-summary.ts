/** What `flowledger extract` says at the end: how much was read and taken. */

import { formatBytes, formatDuration, formatTotal } from '../../shared/service/format-quantity.ts';
import { formatClock, formatInstant } from '../../shared/service/format-time.ts';
import type { ExtractResult } from './extract-packets.ts';

export interface SummaryForm {
  readonly json: boolean;
  /** Of the times. */
  readonly zone: string;
}

/** Two lines for people, or a JSON line. The warning is not part of the former. */
export const formatExtractSummary = (result: ExtractResult, seconds: number, form: SummaryForm): string => {
  const { packets, taken, readBytes, writtenBytes, firstMicros, lastMicros, warning } = result;
  const { json, zone } = form;
  if (json) {
    const instant = (micros: number | undefined) =>
      micros === undefined ? null : formatInstant(micros, zone);
    const said = {
      ...{ packets, taken, readBytes, writtenBytes },
      ...{ first: instant(firstMicros), last: instant(lastMicros) },
      seconds: Number(seconds.toFixed(3)),
      bytesPerSecond: Math.round(readBytes / seconds),
      ...(warning === undefined ? {} : { warning }),
    };
    return `${JSON.stringify(said)}\n`;
  }
  const speed = `${formatBytes(readBytes)} in ${formatDuration(seconds * 1000)}, ${formatBytes(readBytes / seconds)}/s`;
  const range =
    firstMicros === undefined || lastMicros === undefined
      ? ''
      : `, ${formatClock(firstMicros, zone)} to ${formatClock(lastMicros, zone)}${zone === 'UTC' ? ' UTC' : ''}`;
  return (
    `read   ${formatTotal(packets, 'packet')}, ${speed}\n` +
    `taken  ${formatTotal(taken, 'packet')}, ${formatBytes(writtenBytes)}${range}\n`
  );
};
