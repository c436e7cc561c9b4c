/** The records about translations: those of `nat_log`, and the newest ones, that are not in it yet, straight from `flows`. */

import type { LedgerView } from '../ask/ledger-view.ts';
import type { Query } from '../ask/query.ts';
import { type NatKind, natLogSelect } from '../rollup/nat-log.ts';
import { isTranslated } from '../store/translated-address.ts';
import { findNewerRows } from './newer-rows.ts';

export const natLog = 'nat_log';

/** So many records are looked at, those that fit best: an address without a port may have had millions. */
export const maxFragments = 20_000;

export interface FragmentChoice {
  /** Over the columns of `nat_log`. */
  readonly where: string;
  /** Over those of `flows`, never narrower than `where`, of what translates sources and destinations: it says which rows are read. */
  readonly flowsWhere: Readonly<Record<NatKind, string>>;
  /** Undefined: any will do. */
  readonly orderBy: string | undefined;
  /** Default: `maxFragments`. */
  readonly limit?: number;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface FragmentQuery {
  readonly query: Query;
  /** For the line below the answer. */
  readonly source: string;
  /** That of the two whose data reach back further. */
  readonly table: string;
}

const micros = (column: string): string => `toUnixTimestamp64Micro(${column})`;

/** What `where` and `orderBy` may ask of, of both sources. Enums of the one are texts in the other. */
const columns = `public_addr, is_block, first_port, last_port, proto, toString(kind) AS kind, toString(phase) AS phase, firewall_event, record_kind,
  started, ended, inside_addr, inside_port, remote_addr, remote_port, bytes_out, bytes_in, packets_out, packets_in,
  total_bytes_out, total_bytes_in, exporter, domain, vrf_in, flow_id, sampling_rate`;

/** Denied flows and alerts have translated nothing; an update says that the translation is still there. */
const isTold = "(phase != 'other' OR firewall_event = 5)";

const selected = `SELECT multiIf(phase = 'begin', 'create', phase = 'end', 'delete', record_kind = 'flow', 'flow', 'interim') AS what,
  kind, toUInt8(is_block) AS is_block, toString(public_addr) AS public_addr, first_port, last_port, proto,
  if(${isTranslated('remote_addr')}, toString(remote_addr), '::') AS remote_addr, remote_port, toString(inside_addr) AS inside_addr, inside_port,
  ${micros('started')} AS from_micros, ${micros('ended')} AS to_micros,
  bytes_out * sampling_rate AS bytes_out, bytes_in * sampling_rate AS bytes_in,
  packets_out * sampling_rate AS packets_out, packets_in * sampling_rate AS packets_in,
  total_bytes_out * sampling_rate AS total_bytes_out, total_bytes_in * sampling_rate AS total_bytes_in,
  toString(exporter) AS exporter, domain, vrf_in AS zone, toString(flow_id) AS flow_id`;

const describeSource = (until: string, isContinued: boolean): string =>
  `${natLog}, received until ${until}${isContinued ? ', and flows from then on' : ''}`;

/**
 * Rows are those of `NatFragment`. A row of a collector is looked for in `nat_log` if it was received before what that says of itself, else in `flows`, so it
 * is there once, however far the table comes meanwhile.
 */
export const natFragments = async (ledger: LedgerView, choice: FragmentChoice): Promise<FragmentQuery> => {
  const { had, newer, until, params } = await findNewerRows(ledger, natLog);
  const { where, flowsWhere, orderBy } = choice;
  const sources: string[] = [];
  if (had !== undefined)
    sources.push(`SELECT ${columns} FROM ${natLog} WHERE ${where} AND ${isTold} AND (${had})`);
  if (newer !== undefined) {
    const { snat, dnat } = flowsWhere;
    const fromFlows = natLogSelect({ snat: `${snat} AND ${newer}`, dnat: `${dnat} AND ${newer}` });
    sources.push(`SELECT ${columns} FROM (\n${fromFlows}\n) WHERE ${where} AND ${isTold}`);
  }
  const [sinceLog, sinceFlows] = await Promise.all([ledger.since(natLog), ledger.since('flows')]);
  return {
    query: {
      // Values are made ready for those that are chosen, and not for millions.
      sql: `${selected}
FROM (
SELECT * FROM (
${sources.join('\nUNION ALL\n')}
)
${orderBy === undefined ? '' : `ORDER BY ${orderBy} `}LIMIT {max_fragments:UInt32}
)`,
      params: { ...choice.params, ...params, max_fragments: choice.limit ?? maxFragments },
    },
    table: sinceLog !== undefined && sinceLog < (sinceFlows ?? Infinity) ? natLog : 'flows',
    source: until === undefined ? 'flows' : describeSource(ledger.formatTime(until), newer !== undefined),
  };
};
