/** Records about translations, for tests of what is made of them. */

import type { NatFragment } from '../../collector/reports/nat-sessions.ts';

/** Seconds after a moment, in microseconds since 1970. */
export const second = (seconds: number): number => Math.round((1_700_000_000 + seconds) * 1e6);

const usual: NatFragment = {
  what: 'flow',
  kind: 'snat',
  is_block: 0,
  public_addr: '::ffff:1.2.3.4',
  first_port: 53_500,
  last_port: 53_500,
  proto: 6,
  remote_addr: '::ffff:19.1.16.7',
  remote_port: 443,
  inside_addr: '::ffff:192.168.1.129',
  inside_port: 53_400,
  from_micros: second(0),
  to_micros: second(0),
  bytes_out: 0,
  bytes_in: 0,
  packets_out: 0,
  packets_in: 0,
  total_bytes_out: 0,
  total_bytes_in: 0,
  exporter: '::ffff:10.0.0.1',
  domain: 0,
  zone: 0,
  flow_id: '0',
};

/** From `from` to `to`, in seconds; an event has one time. */
export const fragment = (
  what: NatFragment['what'],
  from: number,
  to: number = from,
  more: Partial<NatFragment> = {},
): NatFragment => ({ ...usual, what, from_micros: second(from), to_micros: second(to), ...more });

export const otherHost = { inside_addr: '::ffff:192.168.1.7', inside_port: 40_000 } as const;
