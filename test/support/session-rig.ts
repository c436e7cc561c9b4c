/** A Transport Session of the exporter with all that it needs, and what it sends. */

import type {
  ExportingCounters,
  ExportSettings,
  MeteringCounters,
} from '../../exporter/export/export-settings.ts';
import type { MessageContents } from '../../exporter/export/session.ts';
import { TransportSession } from '../../exporter/export/transport-session.ts';
import { viewOf } from './capture-builder.ts';

/** 2024-01-01T00:00:00Z: when sessions of this rig begin, as a rule. */
export const rigMs = 1_704_067_200_000;

export const makeExportSettings = (more: Partial<ExportSettings> = {}): ExportSettings => ({
  protocol: 'ipfix',
  domain: 7,
  uniflow: false,
  absoluteTimes: false,
  pen: 32473,
  maxDelayMs: 500,
  templateRefreshMs: 60_000,
  templateRefreshMessages: 1000,
  bootMs: rigMs - 3_600_000,
  description: { version: '1.2.3', activeTimeoutSeconds: 60, idleTimeoutSeconds: 15 },
  samplingInterval: 1,
  interfaces: [],
  ...more,
});

/** A different number in each. */
export const makeMeteringCounters = (): MeteringCounters => ({
  observedFlows: 1,
  ignoredPackets: 2,
  ignoredOctets: 3,
  overruns: 4,
  resyncs: 5,
  firstLossMs: rigMs - 2000,
  lastLossMs: rigMs - 1000,
});

/** Nothing was lost. */
export const makeExportingCounters = (): ExportingCounters => ({
  messages: 11,
  flowRecords: 12,
  octets: 13,
  notSentFlows: 14,
  notSentMessages: 15,
  notSentPackets: 16,
  notSentOctets: 17,
  firstLossMs: 0,
  lastLossMs: 0,
});

export class SessionRig {
  readonly session: TransportSession;
  readonly sent: Uint8Array[] = [];
  readonly contents: MessageContents[] = [];

  /** Messages may have 1472 octets. */
  constructor(more: Partial<ExportSettings> = {}) {
    this.session = new TransportSession(
      makeExportSettings(more),
      makeMeteringCounters(),
      makeExportingCounters(),
      (message, contents) => {
        this.sent.push(message);
        this.contents.push(contents);
      },
    );
    this.session.payloadBytes = 1472;
  }

  /** Of a Message, counted from 0; from the end where `index` is negative. */
  setsOf(index: number): SentSet[] {
    const message = this.sent.at(index);
    if (!message) throw new Error(`only ${this.sent.length} Messages were sent`);
    return setsOf(message);
  }

  /** Sequence numbers of all Messages. */
  get sequences(): number[] {
    return this.sent.map((message) => {
      const view = viewOf(message);
      return view.getUint32(view.getUint16(0) === 10 ? 8 : 12);
    });
  }
}

export interface SentSet {
  readonly id: number;
  /** What follows the Set Header, padding included. */
  readonly content: Uint8Array;
}

const setsOf = (message: Uint8Array): SentSet[] => {
  const view = viewOf(message);
  const found: SentSet[] = [];
  for (let at = view.getUint16(0) === 10 ? 16 : 20; at < message.length; at += view.getUint16(at + 2))
    found.push({ id: view.getUint16(at), content: message.subarray(at + 4, at + view.getUint16(at + 2)) });
  return found;
};
