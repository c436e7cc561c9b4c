/** What a question about translations may be narrowed by, beside the end that it is about. */

import { isTranslated } from '../store/translated-address.ts';
import type { HostArgument } from './host-argument.ts';

export interface NatNarrowing {
  readonly protocol: number | undefined;
  readonly remote: HostArgument | undefined;
  /** So long after its last record a translation of which no end is known may go on. */
  readonly lookBackMicros: number;
}

export interface Conditions {
  /** To be joined with AND. */
  readonly where: readonly string[];
  readonly params: Readonly<Record<string, unknown>>;
}

/** Over the columns of `nat_log`. What a record does not name, protocol or remote end, it holds for all of. */
export const narrow = ({ protocol, remote }: NatNarrowing): Conditions => {
  const where: string[] = [];
  const params: Record<string, unknown> = {};
  if (protocol !== undefined) {
    where.push('proto IN (0, {proto:UInt8})');
    params.proto = protocol;
  }
  if (remote !== undefined) {
    const port = remote.port === undefined ? '' : ' AND remote_port = {remote_port:UInt16}';
    where.push(`((remote_addr = {remote:IPv6}${port}) OR NOT (${isTranslated('remote_addr')}))`);
    params.remote = remote.address;
    if (remote.port !== undefined) params.remote_port = remote.port;
  }
  return { where, params };
};

/** A placeholder for microseconds since 1970, as a time of `nat_log`. */
export const timeOf = (name: string): string => `fromUnixTimestamp64Micro({${name}:Int64}, 'UTC')`;
