/** What an exporting command does from its start to its end, whatever it observes: its log, its first words, how it stops. */

import { Lifecycle, type SignalSource } from '../shared/service/lifecycle.ts';
import { Log, type LogFields } from '../shared/service/log.ts';
import type { SinkOptions } from './export-options.ts';

const stopWithinMs = 60_000;

export type Write = (text: string) => void;

const toStandardError: Write = (text) => {
  process.stderr.write(text);
};

export const makeExporterLog = (
  { logFormat, logLevel }: Pick<SinkOptions, 'logFormat' | 'logLevel'>,
  write: Write = toStandardError,
): Log => new Log({ write, nowMs: Date.now, format: logFormat, level: logLevel });

export interface Announcement {
  /** What becomes records. */
  readonly subject: 'connections' | 'packets' | 'requests';
  readonly observing: string;
  readonly metering: string;
  /** For a log of JSON: where from, and what else is to be said in numbers. */
  readonly source: string;
  readonly numbers?: LogFields;
}

/** Says what is exported where to: lines for people, or one line of a JSON log. */
export const announceExporter = (
  options: Pick<SinkOptions, 'logFormat' | 'protocol' | 'to' | 'version'>,
  { subject, observing, metering, source, numbers }: Announcement,
  log: Log,
  write: Write = toStandardError,
): void => {
  const { logFormat, protocol, to, version } = options;
  if (logFormat === 'json') {
    log.info('exporting', { source, to: to.join(' '), ...numbers });
    return;
  }
  const protocolName = protocol === 'ipfix' ? 'IPFIX' : 'NetFlow v9';
  const lines = [
    `flowledger ${version} exports ${subject}`,
    `  observing  ${observing}`,
    `  metering   ${metering}`,
    `  exporting  ${to.length > 0 ? `${protocolName} to ${to.join('  ')}` : 'nowhere, printing only'}`,
  ];
  write(`${lines.join('\n')}\n`);
};

/** Begins to listen to signals. */
export const makeExporterLifecycle = (log: Log, signals: SignalSource = process): Lifecycle =>
  new Lifecycle({
    process: signals,
    deadlineMs: stopWithinMs,
    after: (ms, callback) => {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    report: (message) => log.info(message),
  });
