/** What `flowledger decode` says at the end: how much there was, and why something was not decoded. */

import { formatErrors } from '../../shared/wire/format-error.ts';
import type { Decoder } from '../decode/decode-datagram.ts';
import type { CaptureCounters } from './capture-datagrams.ts';

export interface DecodeSummary {
  readonly packets: number;
  readonly datagrams: number;
  readonly records: { readonly flow: number; readonly options: number };
  /** Template Records that came, refreshes included. */
  readonly templates: number;
  /** How often each reason occurred; those of `formatErrors`, and those of `captureReasons`. */
  readonly reasons: Readonly<Record<string, number>>;
}

const captureReasons: Readonly<Record<string, string>> = {
  'unknown-template': 'Data Sets whose Template never came.',
  'cut-datagram': 'Datagrams of which the capture has a part only (snapshot length).',
  'unknown-link-type': 'Packets of interfaces whose link type cannot be read.',
  'incomplete-packet': 'IP packets of which fragments are missing.',
};

export const summarize = (decoder: Decoder, capture: CaptureCounters): DecodeSummary => {
  const reasons = new Map<string, number>();
  const count = (reason: string, times: number): void => {
    if (times > 0) reasons.set(reason, (reasons.get(reason) ?? 0) + times);
  };
  let [flow, options, templates] = [0, 0, 0];
  for (const { counters } of decoder.domains) {
    flow += counters.flowRecords;
    options += counters.optionsRecords;
    templates += counters.templates;
    count('unknown-template', counters.dataSetsWaiting + counters.dataSetsExpired + counters.dataSetsDropped);
    for (const [reason, times] of counters.reasons) count(reason, times);
  }
  count('cut-datagram', capture.cutDatagrams);
  count('unknown-link-type', capture.unknownLinkType);
  count('incomplete-packet', capture.incompletePackets);
  return {
    packets: capture.packets,
    datagrams: decoder.datagrams,
    records: { flow, options },
    templates,
    reasons: Object.fromEntries(reasons),
  };
};

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const sentenceOf = (reason: string): string =>
  captureReasons[reason] ??
  (reason in formatErrors ? formatErrors[reason as keyof typeof formatErrors][0] : '');

/** Lines for people, or one JSON line. */
export const formatSummary = (summary: DecodeSummary, form: 'text' | 'json'): string => {
  if (form === 'json') return `${JSON.stringify(summary)}\n`;
  const { packets, datagrams, records, templates, reasons } = summary;
  if (datagrams === 0) return `${plural(packets, 'packet')}, none of them NetFlow v5, v9 or IPFIX over UDP\n`;
  const lines = [
    [
      plural(datagrams, 'datagram'),
      plural(records.flow, 'flow record'),
      `${plural(records.options, 'options record')}`,
      plural(templates, 'Template Record'),
    ].join(', '),
    ...Object.entries(reasons)
      .sort(([, a], [, b]) => b - a)
      .map(([reason, times]) => `not decoded: ${reason} ${times} (${sentenceOf(reason).replace(/\.$/, '')})`),
  ];
  return `${lines.join('\n')}\n`;
};
