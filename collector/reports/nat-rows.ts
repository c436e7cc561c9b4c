/** Sessions of translation as rows of an answer. */

import type { ReportColumn, Row } from '../ask/report.ts';
import type { NatCandidate } from './nat-candidates.ts';

const known = (address: string): string | null => (address === '::' ? null : address);

/** Of a block, the range of ports is the answer; else the one port. */
const portsOf = (first: number, last: number): string =>
  first === last ? String(first) : `${first}-${last}`;

/** Counters are with sampling; a translation that is only known by events, or is a block of ports, has none. */
export const natRow = ({ session, sure, note }: NatCandidate): Row => ({
  sure,
  inside_addr: session.inside_addr,
  inside_port: session.is_block === 1 ? null : session.inside_port,
  public_addr: session.public_addr,
  public_port: portsOf(session.first_port, session.last_port),
  from: session.isStartKnown ? session.seenFrom : null,
  to: session.isEndKnown ? session.seenTo : (session.to ?? null),
  proto: session.proto === 0 ? null : session.proto,
  remote_addr: known(session.remote_addr),
  remote_port: known(session.remote_addr) === null ? null : session.remote_port,
  translated: session.kind === 'snat' ? 'source' : 'destination',
  bytes_out: session.bytes_out,
  bytes_in: session.bytes_in,
  packets_out: session.packets_out,
  packets_in: session.packets_in,
  last_seen: session.seenTo,
  exporter: session.exporter,
  domain: session.domain,
  zone: session.zone,
  note,
});

const optional = { optional: true } as const;
const column = (
  name: string,
  title: string,
  kind: ReportColumn['kind'],
  more: Pick<ReportColumn, 'optional'> = {},
): ReportColumn => ({ name, title, kind, ...more });

// biome-ignore format: a table is read by its rows
const all: readonly ReportColumn[] = [
  column('sure', 'sure', 'text'),
  column('inside_addr', 'inside', 'address'),
  column('inside_port', 'port', 'port', optional),
  column('public_addr', 'public', 'address', optional),
  column('public_port', 'public port', 'text', optional),
  column('from', 'from', 'time'),
  column('to', 'to', 'time'),
  column('proto', 'proto', 'protocol', optional),
  column('remote_addr', 'remote', 'address', optional),
  column('remote_port', 'remote port', 'port', optional),
  column('note', 'note', 'text', optional),
  column('bytes_out', 'sent', 'bytes', optional),
  column('bytes_in', 'received', 'bytes', optional),
  column('zone', 'zone', 'number', optional),
  column('exporter', 'exporter', 'address', optional),
  column('translated', 'translated', 'text', optional),
  column('packets_out', 'packets sent', 'packets', optional),
  column('packets_in', 'packets received', 'packets', optional),
  column('domain', 'domain', 'number', optional),
  column('last_seen', 'last seen', 'time', optional),
];

/** Those that say what the question has said already, come last, so that a narrow terminal does without them first. */
export const natColumns = (said: readonly string[]): readonly ReportColumn[] => [
  ...all.filter(({ name }) => !said.includes(name)),
  ...all.filter(({ name }) => said.includes(name)).map((c) => ({ ...c, ...optional })),
];
