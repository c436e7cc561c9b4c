/** What a line of a log says, short enough to be written down by hand. */

import {
  type LineContext,
  makeLoggedConnection,
  type ReadLine,
} from '../../exporter/logs/logged-connection.ts';
import { makeConnection, type Tuple } from '../../exporter/observe/connection.ts';
import { formatIpv4, formatIpv6 } from '../../shared/wire/address.ts';

const noon = Date.UTC(2026, 10, 21, 12) * 1000;
export const lineContext: LineContext = { nowMicros: noon, zone: 'UTC', integerAddresses: 'network' };

/** The same object for all lines, full of what the line before has left. */
const logged = makeLoggedConnection();

const tupleText = (tuple: Tuple, family: 4 | 6): string => {
  const text = (octets: Uint8Array): string =>
    family === 4 ? formatIpv4(octets, 12) : formatIpv6(octets, 0);
  const icmp = [tuple.icmpType, tuple.icmpCode, tuple.icmpId];
  return (
    `${text(tuple.src)} ${tuple.srcPort} > ${text(tuple.dst)} ${tuple.dstPort}` +
    (icmp.some((value) => value !== 0) ? ` icmp ${icmp.join(' ')}` : '')
  );
};

/** `kind protocol`, both tuples, and everything else that is not as in `makeConnection`; or why the line is no connection. */
export const saidConnection = (
  readLine: ReadLine,
  line: string,
  context: Partial<LineContext> = {},
): Readonly<Record<string, unknown>> | string => {
  const meaning = readLine(line, logged, { ...lineContext, ...context });
  if (meaning !== 'connection') return typeof meaning === 'string' ? meaning : meaning.problem;
  const { kind, family, protocol, original, reply, ...values } = logged.connection;
  const unknown = makeConnection();
  const said = Object.entries(values).filter(([key, value]) => value !== unknown[key as keyof typeof values]);
  return {
    said: `${kind} ipv${family} ${protocol}`,
    original: tupleText(original, family),
    reply: tupleText(reply, family),
    ...Object.fromEntries(said),
    ...(logged.endMicros === 0 ? {} : { endMicros: logged.endMicros }),
  };
};
