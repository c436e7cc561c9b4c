/** `flowledger export ulogd` and `airlock`, put together: a log that is read once or followed, its units, and where records go. */

import { access, constants } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ConfigError } from '../shared/service/config-error.ts';
import { formatBytes, formatCount, formatDuration, formatTotal } from '../shared/service/format-quantity.ts';
import type { Log } from '../shared/service/log.ts';
import type { ProgressLine } from '../shared/service/progress-line.ts';
import type { MeteringCounters } from './export/export-settings.ts';
import {
  type Announcement,
  announceExporter,
  describeReadError,
  makeProgressLog,
  runUntilSignal,
} from './exporter-lifecycle.ts';
import type { LogOptions } from './log-options.ts';
import type { LogUnits, LogUnitsContext } from './log-units.ts';
import { parseAggregate } from './meter/aggregate-spec.ts';
import { FollowedFile } from './observe/follow-file.ts';
import type { LogReceiver, LogSource } from './observe/log-source.ts';
import { openLog } from './observe/open-log.ts';
import { loadReadState, type ReadState, saveReadState } from './observe/read-state.ts';
import { StateKeeper } from './observe/state-keeper.ts';
import { makeMeteringCounters, openSink, recordsAtOnce, type Sink } from './open-sink.ts';

const tickMs = 250;
const noteMs = 1000;
const minuteMs = 60_000;
/** UDP has no brake of its own, and a file is read faster than any network takes its flows. */
const logMaxRate = 20_000;
/** Messages that may wait for their turn behind those of one piece of a log, and timers that are late. */
const waitingMessages = 1000;
const lateMs = 1000;

/** What the two commands differ in. */
export interface LogKind extends Pick<Announcement, 'subject' | 'metering'> {
  /** For people: what should be in the log. */
  readonly expected: string;
  readonly makeUnits: (context: LogUnitsContext) => LogUnits;
}

interface Parts {
  readonly kind: LogKind;
  readonly options: LogOptions;
  readonly log: Log;
  readonly source: LogSource;
  readonly units: LogUnits;
  readonly sink: Sink;
  readonly metering: MeteringCounters;
  readonly progress: ProgressLine;
  /** Undefined: how far it was read is not remembered. */
  readonly state: { readonly keeper: StateKeeper; readonly now: () => ReadState | undefined } | undefined;
}

class LogExporter {
  readonly #parts: Parts;
  readonly #startedAtMs = performance.now();
  #octets = 0;
  #isStopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** What was read already is exported, and `run` ends. */
  stop(): void {
    this.#isStopped = true;
    this.#parts.source.stop();
  }

  /** Until the log ends, or is stopped. Resolves to the exit status: 1 where it could not be read, or not be sent. */
  async run(): Promise<number> {
    const { source, sink, log, progress, state } = this.#parts;
    const timers = [
      setInterval(() => this.#tick(), tickMs),
      setInterval(() => this.#note(), noteMs),
      setInterval(() => this.#reportMinute(), minuteMs),
    ];
    let status = 0;
    try {
      await source.read(this.#receiver());
    } catch (error) {
      progress.clear();
      log.error(`${source.name}: ${describeReadError(error)}`);
      source.stop();
      status = 1;
    }
    for (const timer of timers) clearInterval(timer);
    const last = state?.now();
    this.#count();
    await sink.stop();
    if (last !== undefined && this.#hasLeft) await state?.keeper.finish(last);
    progress.clear();
    if (!this.#hasLeft || this.#isWrong) status = 1;
    this.#sayGoodbye();
    return sink.failed ? 1 : status;
  }

  /** What is read once can be read again, where not all of it has arrived. Who follows a log goes on. */
  get #hasLeft(): boolean {
    const { options, sink } = this.#parts;
    return options.follow || sink.notSent === 0;
  }

  /** It is another kind of log. What was written since a run before may be one line, and that one damaged. */
  get #isWrong(): boolean {
    const { options, units } = this.#parts;
    const { others, notUnderstood } = units.counters;
    if (options.follow || options.state !== undefined || units.records > 0) return false;
    return notUnderstood > others && notUnderstood + others >= units.counters.units;
  }

  #receiver(): LogReceiver {
    const { units, sink, progress, state } = this.#parts;
    let hasBegun = false;
    return {
      begin: (start) => {
        units.begin(start);
        const now = state?.now();
        // A crash before anything has left must not lose what is rotated meanwhile.
        if (now !== undefined && !hasBegun) state?.keeper.begin(now);
        hasBegun = true;
      },
      octets: async (piece, writtenMs) => {
        await this.#untilTaken();
        // Whoever was stopped while nobody took records reads this the next time.
        if (this.#isStopped) return;
        this.#octets += piece.length;
        await units.octets(piece, writtenMs);
        await sink.ready();
        progress.show(this.#reading(), performance.now());
      },
      end: (how) => units.end(how),
    };
  }

  /** A log keeps what no collector takes now. Standard input cannot: who writes to it would lose what it does not read. */
  async #untilTaken(): Promise<void> {
    const { options, sink, log } = this.#parts;
    if (!options.follow || !sink.isRefused) return;
    log.info('no collector takes records: reading waits');
    while (sink.isRefused && !this.#isStopped) await wait(tickMs);
  }

  #tick(): void {
    const { sink, source } = this.#parts;
    // What is read afterwards has times of its own, which the records tell.
    if (source.isLive) sink.path.expire(Date.now() * 1000, recordsAtOnce);
    sink.flushPrint();
    this.#count();
  }

  #note(): void {
    const { state } = this.#parts;
    const now = state?.now();
    if (now !== undefined && this.#hasLeft) state?.keeper.note(now, performance.now());
  }

  #count(): void {
    this.#parts.metering.observedFlows = this.#parts.units.records;
  }

  #reading() {
    const { source, units } = this.#parts;
    const counts = `${formatCount(units.counters.units)} ${units.unit}s  ${formatCount(units.records)} records`;
    return { octets: this.#octets, totalOctets: source.totalOctets, counts };
  }

  #reportMinute(): void {
    const { units, sink, log } = this.#parts;
    log.flush();
    log.info('status', {
      read: units.counters.units,
      ...units.fields,
      other: units.counters.others,
      not_understood: units.counters.notUnderstood,
      denied: sink.path.counters.denied,
      lost: sink.lost,
    });
  }

  #sayGoodbye(): void {
    const { units, sink, log, source, kind, state } = this.#parts;
    const { others, notUnderstood } = units.counters;
    const { denied, own } = sink.path.counters;
    for (const line of sink.summary()) log.info(line);
    if (!this.#hasLeft && state !== undefined)
      log.error(
        'not all records were sent, so --state stays where it was, and the next run sends them again',
      );
    if (this.#isWrong) log.error(`${source.name}: nothing in it can be understood as ${kind.expected}`);
    if (units.untimed > 0)
      log.info(
        `${formatTotal(units.untimed, units.unit)} had no time: that when the log was written was taken`,
      );
    log.flush();
    const elapsed = formatDuration(performance.now() - this.#startedAtMs);
    log.info(
      `metered ${units.made} of ${formatTotal(units.counters.units, units.unit)}, ${formatBytes(this.#octets)} in ${elapsed}`,
      {
        other: others,
        not_understood: notUnderstood,
        denied,
        own_traffic: own,
      },
    );
  }
}

/** Says the first one, and in each later minute the first one again. */
const makeComplain =
  (log: Log): LogUnitsContext['complain'] =>
  (line, problem) =>
    log.limited('not understood', 'warn', `line ${line}: ${problem}; more of them are counted`);

/** How long a record may take from its line to the network. */
const leavingMs = ({ maxDelayMs, maxRate = logMaxRate, aggregate }: LogOptions): number =>
  maxDelayMs +
  lateMs +
  (maxRate === 0 ? 0 : (waitingMessages / maxRate) * 1000) +
  (aggregate === undefined ? 0 : parseAggregate(aggregate).windowMicros / 1000);

const openSource = async (options: LogOptions, log: Log): Promise<LogSource | FollowedFile> => {
  const { file, follow, fromEnd, state } = options;
  if (fromEnd && !follow) throw new ConfigError('--from-end leaves nothing to read without --follow');
  if (!follow && state === undefined) return openLog(file);
  if (file === '-')
    throw new ConfigError(
      'standard input is read as it comes, from where it begins: leave --follow and --state away',
    );
  const path = resolve(file);
  if (state !== undefined)
    await access(dirname(resolve(state)), constants.W_OK).catch((error: Error) => {
      throw new ConfigError(`--state ${state}: ${error.message}`);
    });
  const resume = state === undefined ? undefined : await loadReadState(state, path);
  const warn = (message: string): void => log.warn(message);
  return FollowedFile.open({ path, follow, fromEnd, resume, warn });
};

const keepState = (options: LogOptions, source: LogSource, units: LogUnits, log: Log): Parts['state'] => {
  const { file, state } = options;
  if (state === undefined || !(source instanceof FollowedFile)) return undefined;
  const path = resolve(file);
  return {
    keeper: new StateKeeper({
      delayMs: leavingMs(options),
      save: (now) => saveReadState(state, now),
      warn: (message) => log.limited('state', 'warn', message),
    }),
    now: () => source.mark && { path, ...source.mark, position: units.position, line: units.line },
  };
};

const describeSource = ({ follow, fromEnd, state }: LogOptions, { name }: LogSource): string => {
  const how = follow ? `, followed${fromEnd && state === undefined ? ' from its end' : ''}` : '';
  return `${name}${how}${state === undefined ? '' : `; position in ${state}`}`;
};

/** Runs to the end of the log, or until a signal ends it. @throws ConfigError when it cannot start. */
export const exportLog = async (options: LogOptions, kind: LogKind): Promise<number> => {
  const { progress, log } = makeProgressLog(options);
  const source = await openSource(options, log);
  let stop = (): void => source.stop();
  const metering = makeMeteringCounters();
  const sink = await openSink(options, {
    bootMs: Date.now(),
    samplingInterval: 1,
    interfaces: [],
    activeSeconds: 0,
    idleSeconds: 0,
    maxRate: logMaxRate,
    metering,
    clockMs: Date.now,
    onGone: () => stop(),
    log,
  }).catch((error: unknown) => {
    source.stop();
    throw error;
  });
  const units = kind.makeUnits({
    receive: sink.path.receive,
    complain: makeComplain(log),
    ready: () => sink.ready(),
  });
  const observing = describeSource(options, source);
  announceExporter(options, { ...kind, observing, source: source.name }, log);
  if (options.follow && options.state === undefined && !options.fromEnd)
    log.info(
      'without --state nothing remembers how far it was read: after a restart all of it is sent again',
    );
  const state = keepState(options, source, units, log);
  const exporter = new LogExporter({ kind, options, log, source, units, sink, metering, progress, state });
  stop = () => exporter.stop();
  return runUntilSignal(log, exporter.run(), stop);
};
