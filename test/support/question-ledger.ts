/** Conversations as exporters tell them, as rows of `flows`: one row with reverse counters, or two rows, or one that nobody answered. */

import type { FlowRow } from './ask-ledger.ts';

export const tcpFlags = { fin: 1, syn: 2, rst: 4, push: 8, ack: 16 } as const;
const open = tcpFlags.syn | tcpFlags.ack | tcpFlags.push | tcpFlags.fin;

export const protocols = { icmp: 1, tcp: 6, udp: 17, gre: 47, icmp6: 58 } as const;

/** All that the tests of questions are about lies on this day; now is its end. */
export const day = '2026-11-20';
export const nowMicros = Date.parse('2026-11-21T00:00:00Z') * 1000;
/** Microseconds since 1970 of a time of that day. */
export const at = (clock: string): number => Date.parse(`${day}T${clock}Z`) * 1000;

export interface Talk {
  /** `12:00:00`, of the day; or a whole date and time. Its end is the start where it is not said. */
  readonly from: string;
  readonly to?: string;
  readonly client: string;
  readonly clientPort?: number;
  readonly server: string;
  readonly port?: number;
  readonly proto?: number;
  /** Octets to the server and back; packets are 10 each, or 0 where there are none. */
  readonly up?: number;
  readonly down?: number;
  readonly more?: FlowRow;
}

const mapped = (address: string): string => (address.includes(':') ? address : `::ffff:${address}`);
const timeOf = (clock: string): string => (clock.includes('-') ? clock : `${day} ${clock}`);
const packetsOf = (octets: number): number => (octets > 0 ? 10 : 0);

const rowOf = (talk: Talk): FlowRow => ({
  record_kind: 'flow',
  version: 10,
  exporter: mapped('192.0.2.1'),
  flow_start: timeOf(talk.from),
  flow_end: timeOf(talk.to ?? talk.from),
  proto: talk.proto ?? protocols.tcp,
});

const there = (talk: Talk): FlowRow => ({
  src_addr: mapped(talk.client),
  src_port: talk.clientPort ?? 40_000,
  dst_addr: mapped(talk.server),
  dst_port: talk.port ?? 0,
});

const isTcp = (talk: Talk): boolean => (talk.proto ?? protocols.tcp) === protocols.tcp;

/** One row with both directions, as conntrack and biflow meters have it. */
export const biflow = (talk: Talk): FlowRow => {
  const { up = 1000, down = 2000 } = talk;
  return {
    ...rowOf(talk),
    ...there(talk),
    ...{ bytes: up, packets: packetsOf(up), reverse_bytes: down, reverse_packets: packetsOf(down) },
    ...(isTcp(talk) ? { tcp_flags: open, reverse_tcp_flags: open } : {}),
    ...talk.more,
  };
};

/** Two rows, as routers with NetFlow v5 and v9 have it. */
export const halves = (talk: Talk): readonly FlowRow[] => {
  const { up = 1000, down = 2000 } = talk;
  const flags = isTcp(talk) ? { tcp_flags: open } : {};
  const { src_addr, src_port, dst_addr, dst_port } = there(talk);
  const back = { src_addr: dst_addr, src_port: dst_port, dst_addr: src_addr, dst_port: src_port } as FlowRow;
  return [
    { ...rowOf(talk), ...there(talk), ...flags, bytes: up, packets: packetsOf(up), version: 9, ...talk.more },
    { ...rowOf(talk), ...back, ...flags, bytes: down, packets: packetsOf(down), version: 9 },
  ];
};

/** A row that nobody answered: TCP is a SYN alone. */
export const unanswered = (talk: Talk): FlowRow => ({
  ...rowOf(talk),
  ...there(talk),
  ...{ bytes: talk.up ?? 60, packets: 1 },
  ...(isTcp(talk) ? { tcp_flags: tcpFlags.syn } : {}),
  ...talk.more,
});

/** As conntrack tells a connection that was refused: SYN, and an RST back. */
export const refused = (talk: Talk): FlowRow => ({
  ...unanswered(talk),
  ...{ reverse_bytes: 40, reverse_packets: 1, reverse_tcp_flags: tcpFlags.rst | tcpFlags.ack },
  ...talk.more,
});

/** A ping: type 8 there and 0 back, 128 and 129 over IPv6. */
export const ping = (talk: Talk): readonly FlowRow[] => {
  const [request, reply] = talk.client.includes(':') ? [128, 129] : [8, 0];
  const proto = talk.client.includes(':') ? protocols.icmp6 : protocols.icmp;
  const [out, back] = halves({ ...talk, proto, clientPort: 0, port: 0 });
  return [
    { ...out, icmp_type_code: request * 256 },
    { ...back, icmp_type_code: reply * 256 },
  ];
};

/** Minutes in which an exporter was heard, as rows of `exporter_loss`: each from `first` on for so many minutes. */
export const heardMinutes = (
  exporter: string,
  first: string,
  minutes: number,
  more: FlowRow = {},
): FlowRow[] =>
  Array.from({ length: minutes }, (_, i) => ({
    minute: Date.parse(`${first.includes('-') ? first : `${day} ${first}`}Z`) / 1000 + 60 * i,
    exporter: mapped(exporter),
    collector: 'here',
    datagrams: 5,
    records: 50,
    ...more,
  }));

/** The exporter itself, as the collector books it. */
export const knownExporter = (exporter: string, firstSeen: string): FlowRow => ({
  exporter: mapped(exporter),
  collector: 'here',
  first_seen: firstSeen,
  last_seen: `${day} 23:59:00`,
});
