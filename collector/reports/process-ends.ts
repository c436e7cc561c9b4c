/**
 * Rows of `flows` that tell of a process, one for each end at which there is one: `local` is its end of the connection, `remote` the other one. A
 * connection within a machine has a process at both.
 */

import { noId, type OwnValueName, type OwnValues } from '../store/own-values.ts';
import { isTranslated } from '../store/translated-address.ts';
import { rowMicros } from './traces-sql.ts';

/** Every row about a process has one of these, or its twin at the destination. */
const telling = ['process_quality', 'process_id', 'process_uid'] as const;

const texts = ['process_name', 'process_user', 'process_command', 'process_cgroup', 'container_id'] as const;
const numbers = ['process_id', 'process_uid', 'process_gid', 'process_quality'] as const;
/** Values of the process at an end, by the names that those of the source have. */
const processValues = [...numbers, ...texts] as const;

type Side = 'src' | 'dst';
const nameAt = (side: Side, name: (typeof processValues)[number]): OwnValueName =>
  side === 'src' ? name : `dst_${name}`;

/** SQL of a value of the process at the end that is looked at. */
export type ProcessValue = (name: (typeof processValues)[number]) => string;

export interface ProcessConditions {
  /** Over `flows`. */
  readonly flowsWhere: string;
  /** Of the process. */
  readonly isWanted?: ((value: ProcessValue) => readonly string[]) | undefined;
  /** Of its end: columns of that begin so, `f.src` and `f.post_nat_src`. */
  readonly isEnd?: ((ends: readonly string[]) => string) | undefined;
}

const translatedEnd = (side: Side, hasNat: boolean): readonly [address: string, port: string] => {
  const [address, port] = [`f.post_nat_${side}_addr`, `f.post_nat_${side}_port`];
  return hasNat
    ? [
        `if(${isTranslated(address)}, ${address}, f.${side}_addr)`,
        `if(${port} != 0, ${port}, f.${side}_port)`,
      ]
    : [`f.${side}_addr`, `f.${side}_port`];
};

/** A service has the address that it was translated to, and a client the one that it had before; `outer` is the other one. */
const localEnd = (side: Side, hasNat: boolean): string => {
  const [address, port] = translatedEnd(side, hasNat);
  return side === 'src'
    ? `f.src_addr AS local, f.src_port AS local_port, ${address} AS outer, ${port} AS outer_port,
  f.dst_addr AS remote, f.dst_port AS remote_port`
    : `${address} AS local, ${port} AS local_port, f.dst_addr AS outer, f.dst_port AS outer_port,
  f.src_addr AS remote, f.src_port AS remote_port`;
};

/** Counters of the process: what it sent, and what it received. */
const countersOf = (side: Side): string => {
  const [sent, received] = side === 'src' ? ['', 'reverse_'] : ['reverse_', ''];
  return ['bytes', 'packets', 'total_bytes', 'total_packets']
    .flatMap((name) => [
      `f.${sent}${name} * greatest(f.sampling_rate, 1) AS sent_${name}`,
      `f.${received}${name} * greatest(f.sampling_rate, 1) AS received_${name}`,
    ])
    .join(', ');
};

const endSql = (
  side: Side,
  own: OwnValues,
  hasNat: boolean,
  { flowsWhere, isWanted, isEnd }: ProcessConditions,
): string => {
  const value: ProcessValue = (name) => own.value(nameAt(side, name));
  const names = telling.map((name) => nameAt(side, name));
  // Of rows that tell of no process, or of others, little more is read than that.
  const conditions = [own.mayHave(names), own.has(names), ...(isWanted?.(value) ?? [])];
  const ends = hasNat ? [`f.${side}`, `f.post_nat_${side}`] : [`f.${side}`];
  return `SELECT '${side === 'src' ? 'out' : 'in'}' AS direction,
  f.exporter AS exporter, f.domain AS domain, ${hasNat ? 'f.flow_id' : '0'} AS flow_id, f.proto AS proto, f.received AS received, f.record_kind AS record_kind,
  ${localEnd(side, hasNat)},
  ${rowMicros} AS ended,
  if(f.flow_start > 0 AND f.time_source NOT IN ('received', 'absurd'), toUnixTimestamp64Micro(f.flow_start), ended) AS begun,
  ${countersOf(side)},
  ${processValues.map((name) => `${value(name)} AS ${name}`).join(',\n  ')}
FROM flows AS f
PREWHERE ${conditions.join('\n  AND ')}
WHERE ${flowsWhere}${isEnd === undefined ? '' : ` AND ${isEnd(ends)}`}`;
};

export const processEndsSql = (own: OwnValues, hasNat: boolean, conditions: ProcessConditions): string =>
  (['src', 'dst'] as const).map((side) => endSql(side, own, hasNat, conditions)).join('\nUNION ALL\n');

/**
 * One row a connection and process end, out of rows of `processEndsSql`: what the newest record says, and totals. An exporter that gives connections
 * no id tells of each record as of a connection of its own, if it does not begin at the same time.
 */
export const connectionsSql = (
  ends: string,
): string => `SELECT direction, exporter, domain, proto, local, local_port, remote, remote_port, outer, outer_port,
  min(e.begun) AS first, max(e.ended) AS last, max(e.record_kind = 'flow') AS is_over, max(e.record_kind != 'event') AS is_counted,
  ${['sent', 'received']
    .flatMap((way) =>
      ['bytes', 'packets'].map(
        (what) =>
          `if(max(e.${way}_total_${what}) > 0, max(e.${way}_total_${what}), sum(e.${way}_${what})) AS ${way}_${what}`,
      ),
    )
    .join(',\n  ')},
  ${processValues.map((name) => `argMax(e.${name}, e.received) AS ${name}`).join(',\n  ')}
FROM (
${ends}
) AS e
GROUP BY direction, exporter, domain, flow_id, if(flow_id = 0, e.begun, 0), proto, local, local_port, remote, remote_port, outer, outer_port`;

const parts = "splitByChar('/', process_cgroup)";
/** What the process belongs to, in a word: its container, its unit, the last part of its control group, its own name, or its user. */
export const serviceSql = `multiIf(container_id != '', concat('container ', substring(container_id, 1, 12)),
  match(process_cgroup, '\\\\.(service|scope)(/|$)'), arrayLast(part -> match(part, '\\\\.(service|scope)$'), ${parts}),
  process_cgroup NOT IN ('', '/'), arrayLast(part -> part != '', ${parts}),
  process_name != '', process_name, process_user != '', concat('user ', process_user),
  process_uid = ${noId}, '', concat('user ', toString(process_uid)))`;
