/** Which traces of a proxy are asked for, and when. */

import { ConfigError } from '../../shared/service/config-error.ts';
import { formatHostPort } from '../../shared/service/host-port.ts';
import { acceptedTimes, parseSaidTime } from '../../shared/service/parse-time.ts';
import { shownAddress } from '../../shared/wire/address.ts';
import type { LedgerView } from '../ask/ledger-view.ts';
import type { Question, TimeRange } from '../ask/report.ts';
import type { OwnValueName } from '../store/own-values.ts';
import type { HostArgument } from './host-argument.ts';

export const defaultWithinMicros = 60e6;
export const traceRangeMicros = 7 * 86_400e6;

export interface TraceChoice {
  /** What values of the trace have to be: value and name of the parameter. */
  readonly equals: readonly (readonly [OwnValueName, string])[];
  /** Over `flows` called `f`, so that an index of addresses can be used. */
  readonly flowsWhere: readonly string[];
  /** Over the columns that `tracesSql` has. */
  readonly where: readonly string[];
  readonly params: Readonly<Record<string, unknown>>;
  readonly range: TimeRange;
  /** The moment that was asked about; undefined: all of the range. */
  readonly at: number | undefined;
  /** As it was asked for: `request R, client 192.0.2.1:4000`. */
  readonly words: string;
}

const readAt = (said: unknown, { nowMicros, zone }: LedgerView): number | undefined => {
  if (said === undefined) return undefined;
  const time = parseSaidTime(String(said), { nowMicros, zone });
  if (time === undefined) throw new ConfigError(`--at ${said}: not a time. Times are ${acceptedTimes}`);
  return time.from;
};

const chooseRange = (question: Question, ledger: LedgerView): Pick<TraceChoice, 'range' | 'at'> => {
  const { range, options } = question;
  const at = readAt(options.at, ledger);
  const within = options.within as number | undefined;
  if (at === undefined) {
    if (within !== undefined)
      throw new ConfigError('--within says how far around --at: give that, or --from and --to');
    return { range, at };
  }
  // A range is always there; one that was not said is the default one.
  if (range.to !== ledger.nowMicros || range.to - range.from !== traceRangeMicros)
    throw new ConfigError(
      '--at is one moment, and --within is how far around it: it goes with none of --from, --to and --last',
    );
  if (within === 0) throw new ConfigError('--within 0s: it must be longer than nothing');
  const around = within ?? defaultWithinMicros;
  return { range: { from: at - around, to: at + around, isRelative: false }, at };
};

const nameOf = ({ address, port }: HostArgument): string =>
  port === undefined ? shownAddress(address) : formatHostPort(shownAddress(address), port);

/** Throws ConfigError. */
export const chooseTraces = (question: Question, ledger: LedgerView): TraceChoice => {
  const { argument, options } = question;
  const [client, back] = [options.client, options.back] as (HostArgument | undefined)[];
  const session = options.session as string | undefined;
  const equals: (readonly [OwnValueName, string])[] = [];
  const flowsWhere: string[] = [];
  const where: string[] = [];
  const params: Record<string, unknown> = {};
  const words: string[] = [];
  if (argument !== undefined) {
    equals.push(['request_id', 'request']);
    params.request = argument;
    words.push(`request ${argument}`);
  }
  if (session !== undefined) {
    equals.push(['session_id', 'session']);
    params.session = session;
    words.push(`session ${session}`);
  }
  if (client !== undefined) {
    // Behind another proxy, the client that the proxy knows of has no port here.
    if (client.port === undefined)
      where.push('(front_src_addr = {client:IPv6} OR client_addr = {client:IPv6})');
    else flowsWhere.push('f.src_addr = {client:IPv6} AND f.src_port = {client_port:UInt16}');
    Object.assign(params, { client: client.address, client_port: client.port ?? 0 });
    words.push(`client ${nameOf(client)}`);
  }
  if (back !== undefined) {
    const end = (side: string): string =>
      `(f.post_nat_${side}_addr = {back:IPv6}${back.port === undefined ? '' : ` AND f.post_nat_${side}_port = {back_port:UInt16}`})`;
    flowsWhere.push(`(${end('src')} OR ${end('dst')})`);
    Object.assign(params, { back: back.address, back_port: back.port ?? 0 });
    words.push(`back end ${nameOf(back)}`);
  }
  if (words.length === 0)
    throw new ConfigError(
      'trace asks about a request that a proxy passed on: give its id, or --session ID, --client IP:PORT --at TIME, or --back IP:PORT --at TIME',
    );
  return { equals, flowsWhere, where, params, words: words.join(', '), ...chooseRange(question, ledger) };
};
