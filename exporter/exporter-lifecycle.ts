/** What an exporting command does from its start to its end, whatever it observes: its log, its first words, how it stops. */

import { CaptureError } from '../shared/capture/capture-error.ts';
import { Lifecycle, type SignalSource } from '../shared/service/lifecycle.ts';
import { Log, type LogFields } from '../shared/service/log.ts';
import { ProgressLine } from '../shared/service/progress-line.ts';
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

/** The line that tells how far a file was read, and a log that clears it away before it says something. */
export const makeProgressLog = (
  options: Pick<SinkOptions, 'logFormat' | 'logLevel' | 'print'>,
): { readonly progress: ProgressLine; readonly log: Log } => {
  const progress = new ProgressLine(
    process.stderr,
    performance.now(),
    options.print === undefined ? undefined : process.stdout,
  );
  const log = makeExporterLog(options, (line) => {
    progress.clear();
    toStandardError(line);
  });
  return { progress, log };
};

/** What is wrong with what is read. @throws what is wrong with us. */
export const describeReadError = (error: unknown): string => {
  if (error instanceof CaptureError || (error instanceof Error && 'syscall' in error)) return error.message;
  throw error;
};

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

/** Waits for what runs until it is done, or until a signal has stopped it. `running` is its exit status, and this is it, too. */
export const runUntilSignal = async (
  log: Log,
  running: Promise<number>,
  stop: () => void,
  signals?: SignalSource,
): Promise<number> => {
  const lifecycle = makeExporterLifecycle(log, signals);
  lifecycle.onStop('exporter', async () => {
    stop();
    await running;
  });
  const status = await running;
  await lifecycle.stop(status);
  return status;
};
