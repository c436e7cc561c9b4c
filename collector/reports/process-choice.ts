/** Which processes are asked for, and when. */

import { ConfigError } from '../../shared/service/config-error.ts';
import { acceptedTimes, parseSaidTime } from '../../shared/service/parse-time.ts';
import type { LedgerView } from '../ask/ledger-view.ts';
import { overlapsRange } from '../ask/range-sql.ts';
import type { Question, TimeRange } from '../ask/report.ts';
import { type HostArgument, parseHostArgument } from './host-argument.ts';
import { parsePort } from './port-argument.ts';
import type { ProcessConditions, ProcessValue } from './process-ends.ts';

export const processRangeMicros = 86_400e6;
/** How far the clock of who asks may differ from that of the machine. */
export const skewMicros = 2e6;
/** A connection of which no end is known may have begun so long before. */
const lookBackSeconds = 86_400;
const lookAheadSeconds = 3600;

export interface ProcessChoice {
  readonly conditions: ProcessConditions;
  readonly params: Readonly<Record<string, unknown>>;
  readonly range: TimeRange;
  /** The moment that was asked about; undefined: all of the range. */
  readonly at: number | undefined;
  /** Nothing was said of which: services are summed up. */
  readonly isSummary: boolean;
}

/** `59047`, `10.0.0.5` or `10.0.0.5:59047`. */
const readEnd = ({ argument, options }: Question): Partial<HostArgument> => {
  const port = options.port as number | undefined;
  if (argument === undefined) return { port };
  if (port !== undefined)
    throw new ConfigError(`process ${argument} --port ${port}: give the port once, as in ADDRESS:PORT`);
  return /^[\w-]+$/.test(argument) && parsePort(argument) !== undefined
    ? { port: parsePort(argument) }
    : parseHostArgument('process', argument);
};

const anyOf = (conditions: readonly string[]): string =>
  `(${conditions.map((condition) => `(${condition})`).join(' OR ')})`;

const readAt = ({ options, range }: Question, { nowMicros, zone }: LedgerView): number | undefined => {
  if (options.at === undefined) return undefined;
  const time = parseSaidTime(String(options.at), { nowMicros, zone });
  if (time === undefined) throw new ConfigError(`--at ${options.at}: not a time. Times are ${acceptedTimes}`);
  // A range is always there; one that was not said is the default one.
  if (range.to !== nowMicros || range.to - range.from !== processRangeMicros)
    throw new ConfigError('--at is one moment: it goes with none of --from, --to and --last');
  return time.from;
};

/** By the names of the options; a user may be said by number. */
const tests: Readonly<Record<string, (value: ProcessValue) => string>> = {
  service: (value) =>
    `(positionCaseInsensitiveUTF8(${value('process_cgroup')}, {service:String}) > 0
    OR (length({service:String}) > 3 AND startsWith(${value('container_id')}, lower({service:String}))))`,
  pid: (value) => `${value('process_id')} = {pid:UInt64}`,
  user: (value) =>
    `(${value('process_user')} = {user:String} OR toString(${value('process_uid')}) = {user:String})`,
  command: (value) =>
    `(positionCaseInsensitiveUTF8(${value('process_command')}, {command:String}) > 0 OR positionCaseInsensitiveUTF8(${value('process_name')}, {command:String}) > 0)`,
};

/** Of a moment: records of connections that may have been there. */
const then = `f.time >= toDateTime({from_second:UInt32} - ${lookBackSeconds}) AND f.time < toDateTime({to_second:UInt32} + ${lookAheadSeconds})`;

/** Throws ConfigError. */
export const chooseProcesses = (question: Question, ledger: LedgerView): ProcessChoice => {
  const { options } = question;
  const wanted = Object.keys(tests).filter((name) => options[name] !== undefined);
  const { address, port } = readEnd(question);
  const isEnd = (ends: readonly string[]): string =>
    anyOf(
      ends.map((end) =>
        [
          ...(address === undefined ? [] : [`${end}_addr = {address:IPv6}`]),
          ...(port === undefined ? [] : [`${end}_port = {port:UInt16}`]),
        ].join(' AND '),
      ),
    );
  const hasEnd = address !== undefined || port !== undefined;
  const at = readAt(question, ledger);
  const isSummary = !hasEnd && wanted.length === 0;
  if (at !== undefined && isSummary)
    throw new ConfigError('--at needs to know of what: a port, --service, --pid, --user or --command');
  const range =
    at === undefined ? question.range : { from: at - skewMicros, to: at + skewMicros, isRelative: false };
  return {
    conditions: {
      flowsWhere: at === undefined ? overlapsRange : then,
      isWanted: (value) => wanted.map((name) => tests[name]?.(value) ?? '1'),
      isEnd: hasEnd ? isEnd : undefined,
    },
    params: {
      ...Object.fromEntries(wanted.map((name) => [name, options[name]])),
      ...{ address: address ?? '::', port: port ?? 0 },
    },
    ...{ range, at, isSummary },
  };
};
