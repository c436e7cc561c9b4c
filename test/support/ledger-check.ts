/** Compares what was journaled with what is in `flows`, number by number, both ways. */

import type { NumberBook } from './number-book.ts';
import { numberedColumnsAreRight } from './numbered-flows.ts';
import { askBinary, askRows, type SqlTarget } from './sql-client.ts';

export interface LedgerFaults {
  /** Journaled, and not in the table. */
  readonly missing: readonly string[];
  /** In the table more than once. */
  readonly doubled: readonly string[];
  /** In the table, and never journaled. */
  readonly strange: readonly string[];
  /** In the table under another time of receipt than in the journal. */
  readonly misdated: readonly string[];
  /** Rows of which another column is wrong: addresses, ports, counters, sampling rate. */
  readonly wrongRows: number;
}

export const noFaults: LedgerFaults = { missing: [], doubled: [], strange: [], misdated: [], wrongRows: 0 };

/** Of each kind of fault the first few are told. */
const maxTold = 5;
const tell = (list: string[], sender: number, number: number): void => {
  if (list.length < maxTold) list.push(`${sender}:${number}`);
};
const rowBytes = 2 + 8 + 8;

/** Rows of `table`, which has the columns of `flows`. `journaled`: what has to be there, and nothing else. */
export const findLedgerFaults = async (
  target: SqlTarget,
  journaled: NumberBook,
  table = 'flows',
): Promise<LedgerFaults> => {
  const rows = await askBinary(
    target,
    `SELECT src_port, flow_id, toUnixTimestamp64Micro(received) FROM ${table} ORDER BY received`,
  );
  const missing: string[] = [];
  const doubled: string[] = [];
  const strange: string[] = [];
  const misdated: string[] = [];
  const seen = new Map(
    journaled.senders.map((sender) => [sender, new Uint8Array(journaled.end(sender))] as const),
  );
  for (let at = 0; at < rows.byteLength; at += rowBytes) {
    const sender = rows.getUint16(at, true);
    const number = Number(rows.getBigUint64(at + 2, true));
    const micros = journaled.micros(sender, number);
    const marks = seen.get(sender);
    if (!marks || micros === 0) tell(strange, sender, number);
    else if (marks[number] === 1) tell(doubled, sender, number);
    else {
      marks[number] = 1;
      if (micros !== Number(rows.getBigInt64(at + 10, true))) tell(misdated, sender, number);
    }
  }
  for (const [sender, marks] of seen)
    for (let number = 0; number < marks.length; number++)
      if (marks[number] === 0 && journaled.micros(sender, number) !== 0) tell(missing, sender, number);
  const [wrong] = await askRows<{ n: number }>(
    target,
    `SELECT count() AS n FROM ${table} WHERE NOT (${numberedColumnsAreRight})`,
  );
  return { missing, doubled, strange, misdated, wrongRows: wrong?.n ?? 0 };
};

/** A view of the test's own, as an operator would make it: sums by sender and destination port. */
export const makeSumsView = (name: string, partitionBy = 'tuple()'): readonly string[] => [
  `CREATE TABLE ${name} (sender UInt16, port UInt16, flows UInt64, octets UInt64)
   ENGINE = SummingMergeTree PARTITION BY ${partitionBy} ORDER BY (sender, port)
   SETTINGS non_replicated_deduplication_window = 1000`,
  `CREATE MATERIALIZED VIEW ${name}_view TO ${name} AS
   SELECT src_port AS sender, dst_port AS port, count() AS flows, sum(bytes) AS octets FROM flows GROUP BY sender, port`,
];

/** What the sums of such a view and those of `flows` differ in; an empty list when they are equal. */
export const findViewFaults = (target: SqlTarget, name: string): Promise<readonly unknown[]> =>
  askRows(
    target,
    `SELECT * FROM (SELECT sender, port, sum(flows) AS there, sum(octets) AS octets_there FROM ${name} GROUP BY sender, port) AS v
     FULL JOIN (SELECT src_port AS sender, dst_port AS port, count() AS wanted, sum(bytes) AS octets_wanted
                FROM flows GROUP BY sender, port) AS f USING (sender, port)
     WHERE there != wanted OR octets_there != octets_wanted LIMIT 10`,
  );

/** What of `flows_1m` is not the sum of `flows`, both directions of biflows counted; an empty list when all is. */
export const findRollupFaults = (target: SqlTarget): Promise<readonly unknown[]> =>
  askRows(
    target,
    `SELECT * FROM (SELECT about::String AS about, sum(bytes) AS octets, sum(packets) AS packets, sum(flows) AS flows FROM flows_1m GROUP BY about) AS r
     RIGHT JOIN (SELECT arrayJoin(['interfaces', 'as']) AS about, sum(bytes) + sum(reverse_bytes) AS octets,
                 sum(packets) + sum(reverse_packets) AS packets, countIf(record_kind = 'flow') AS flows
                 FROM flows WHERE record_kind != 'event') AS f USING (about)
     WHERE r.octets != f.octets OR r.packets != f.packets OR r.flows != f.flows`,
  );
