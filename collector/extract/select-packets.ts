/** Which packets are extracted, out of the options that say so: what all of them allow. */

import { ConfigError } from '../../shared/service/config-error.ts';
import { acceptedTimes, parseSaidTime, type TimeContext } from '../../shared/service/parse-time.ts';
import { compilePacketFilter } from '../filter/compile-packet-filter.ts';
import type { PacketTest } from '../filter/packet-test.ts';
import { matchConnections } from './connection-match.ts';
import { parseConnection } from './parse-connection.ts';

export interface SaidSelection {
  readonly filter?: string | undefined;
  /** One of them is enough. */
  readonly connection?: readonly string[] | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

const parseTime = (option: string, text: string, context: TimeContext) => {
  const said = parseSaidTime(text, context);
  if (said === undefined) throw new ConfigError(`${option} ${text}: not a time. Times are ${acceptedTimes}`);
  return said;
};

/** From the first time on, before the second one; a day that is named goes on to its end. */
const windowTest = (
  from: string | undefined,
  to: string | undefined,
  context: TimeContext,
): PacketTest | undefined => {
  if (from === undefined && to === undefined) return undefined;
  const begin = from === undefined ? undefined : parseTime('--from', from, context);
  const end = to === undefined ? undefined : parseTime('--to', to, context);
  const first = begin?.from ?? Number.NEGATIVE_INFINITY;
  const isDay = begin !== undefined && begin.to > begin.from;
  const last = end?.to ?? (isDay ? begin.to : Number.POSITIVE_INFINITY);
  if (last <= first) throw new ConfigError(`--from ${from} is not before --to ${to}: the range is empty`);
  return ({ micros }) => micros >= first && micros < last;
};

/** Without any option every packet passes. Throws ConfigError. */
export const compileSelection = (said: SaidSelection, context: TimeContext): PacketTest => {
  const { filter, connection, from, to } = said;
  const tests = [
    windowTest(from, to, context),
    connection && matchConnections(connection.map(parseConnection)),
    filter === undefined ? undefined : compilePacketFilter(filter),
  ].filter((test) => test !== undefined);
  const [only] = tests;
  if (tests.length <= 1) return only ?? (() => true);
  return (packet) => tests.every((test) => test(packet));
};
