/** Exporters that were silent at a time, or whose records are missing around it: what they would have said of a translation is not known. */

import { formatDuration, formatTotal } from '../../shared/service/format-quantity.ts';
import { shownAddress } from '../../shared/wire/address.ts';
import type { HeardExporter, LedgerView } from '../ask/ledger-view.ts';
import { isTranslated } from '../store/translated-address.ts';
import { natLog } from './nat-fragments.ts';
import { findNewerRows } from './newer-rows.ts';

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

interface Translator {
  readonly exporter: string;
  readonly domain: number;
}

/** What is not in nat_log yet is looked for so long before and after. */
const newerAroundSeconds = 86_400;

/** Those of exporters that ever told of a translation: others would not have told of this one. */
export const gapsOfTranslators = async (
  ledger: LedgerView,
  at: number,
  gaps: readonly DataGap[],
): Promise<readonly DataGap[]> => {
  if (gaps.length === 0) return [];
  const { had, newer, params } = await findNewerRows(ledger, natLog);
  const isOne = 'exporter IN {gap_exporters:Array(IPv6)}';
  const ends = ['post_nat_src_addr', 'post_nat_dst_addr'].map(isTranslated).join(' OR ');
  const sources = [
    ...(had === undefined ? [] : [`SELECT exporter, domain FROM ${natLog} WHERE ${isOne}`]),
    ...(newer === undefined
      ? []
      : [
          `SELECT exporter, domain FROM flows WHERE ${isOne} AND ${newer} AND (${ends})
  AND time >= toDateTime({gap_second:Int64} - ${newerAroundSeconds}) AND time < toDateTime({gap_second:Int64} + ${newerAroundSeconds})`,
        ]),
  ];
  const translators = await ledger.ask<Translator>({
    sql: `SELECT DISTINCT toString(exporter) AS exporter, domain FROM (\n${sources.join('\nUNION ALL\n')}\n)`,
    params: {
      ...params,
      gap_exporters: [...new Set(gaps.map(({ exporter }) => exporter))],
      gap_second: Math.floor(at / 1e6),
    },
  });
  return gaps.filter((gap) =>
    translators.some(({ exporter, domain }) => exporter === gap.exporter && domain === gap.domain),
  );
};

export const findGaps = async (ledger: LedgerView, at: number): Promise<readonly DataGap[]> => {
  const heard = await ledger.heard(at - aroundMicros, Math.min(at + aroundMicros, ledger.nowMicros));
  return heard.flatMap((of) => {
    const text = describe(of, at, ledger.formatTime);
    return text === undefined ? [] : { exporter: of.exporter, domain: of.domain, text };
  });
};
