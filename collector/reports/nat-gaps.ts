/** Exporters that were silent at a time, or whose records are missing around it: what they would have said of a translation is not known. */

import { formatDuration, formatTotal } from '../../shared/service/format-quantity.ts';
import type { HeardExporter, LedgerView } from '../ask/ledger-view.ts';
import { shownAddress } from './host-argument.ts';

export interface DataGap {
  readonly exporter: string;
  readonly domain: number;
  /** A sentence. */
  readonly text: string;
}

/** A gateway with nothing to tell is not silent for so long: Templates come again. */
const silenceMicros = 300e6;
/** A record comes when the connection has ended, so losses a little later count, too. */
const aroundMicros = 600e6;

const describe = (
  heard: HeardExporter,
  at: number,
  formatTime: (micros: number) => string,
): string | undefined => {
  const { silentFrom, longestSilence, missing, lost } = heard;
  const who = `exporter ${shownAddress(heard.exporter)}${heard.domain === 0 ? '' : ` domain ${heard.domain}`}`;
  if (longestSilence >= silenceMicros && silentFrom <= at && silentFrom + longestSilence >= at)
    return `${who} was silent for ${formatDuration(longestSilence / 1000)} from ${formatTime(silentFrom)} on`;
  const losses = [
    ...(missing > 0 ? [`${formatTotal(missing, 'record')} of it did not arrive`] : []),
    ...(lost > 0 ? [`the collector lost ${formatTotal(lost, 'datagram')} or rows`] : []),
  ];
  if (losses.length === 0) return undefined;
  const range = `${formatTime(at - aroundMicros)} to ${formatTime(at + aroundMicros)}`;
  return `${who}: ${losses.join(', and ')}, within ${range}`;
};

export const findGaps = async (ledger: LedgerView, at: number): Promise<readonly DataGap[]> => {
  const heard = await ledger.heard(at - aroundMicros, Math.min(at + aroundMicros, ledger.nowMicros));
  return heard.flatMap((of) => {
    const text = describe(of, at, ledger.formatTime);
    return text === undefined ? [] : { exporter: of.exporter, domain: of.domain, text };
  });
};
