/** Conversations of which one end is in a list, as a report and a watch show them. */

import { shownAddress } from '../../shared/wire/address.ts';
import type { ReportColumn, Row } from '../ask/report.ts';
import type { ContactList } from './contact-list.ts';
import { countConversations, evidence } from './conversation-sql.ts';

export const contactColumns: readonly ReportColumn[] = [
  { name: 'listed', title: 'listed', kind: 'address' },
  { name: 'label', title: 'label', kind: 'text', optional: true },
  { name: 'began', title: 'began', kind: 'text' },
  { name: 'inside', title: 'with', kind: 'address' },
  { name: 'public', title: 'translated', kind: 'address', optional: true },
  { name: 'proto', title: 'proto', kind: 'protocol' },
  { name: 'port', title: 'port', kind: 'port', optional: true },
  { name: 'first', title: 'first', kind: 'time', optional: true },
  { name: 'last', title: 'last', kind: 'time' },
  { name: 'flows', title: 'flows', kind: 'count' },
  { name: 'bytes_to', title: 'to it', kind: 'bytes' },
  { name: 'bytes_from', title: 'from it', kind: 'bytes' },
  { name: 'attempts', title: 'unanswered', kind: 'count', optional: true },
  { name: 'entry', title: 'entry', kind: 'text', optional: true },
];

/** A SELECT of one row a client, its public address, what it asked for, server, and service, of `conversationRows`. */
export const contactsSql = (rows: string): string =>
  countConversations({
    keys: Object.fromEntries(
      ['client', 'public_client', 'asked', 'server', 'proto', 'asked_port'].map((name) => [name, name]),
    ),
    sums: 'sum(up_bytes) AS bytes_up, sum(down_bytes) AS bytes_down',
    rows: `SELECT * FROM (${rows}) WHERE evidence != ${evidence.notice}`,
  });

/** Which end is listed, what is listed of it, and who is at the other end: behind translation, where the row says so. */
export const arrangeContacts = (rows: readonly Row[], list: ContactList): readonly Row[] =>
  rows.flatMap((row) => {
    const [client, publicClient, asked, server] = [row.client, row.public_client, row.asked, row.server].map(
      String,
    );
    // Behind translation an end has two addresses, either of which may be listed.
    const findListed = (...ends: readonly (string | undefined)[]): string | undefined =>
      ends.find((end) => list.find(end as string) !== undefined);
    const target = findListed(asked, server);
    const address = target ?? findListed(client, publicClient);
    const listed = address === undefined ? undefined : list.find(address);
    if (address === undefined || listed === undefined) return [];
    const isOurs = target !== undefined;
    const [inside, outside] = isOurs ? [client, publicClient] : [server, asked];
    return [
      {
        listed: address,
        label: listed.label,
        entry: listed.entry === shownAddress(address) ? '' : listed.entry,
        began: isOurs ? 'inside' : 'listed',
        inside,
        public: outside === inside ? null : outside,
        proto: row.proto,
        port: row.asked_port,
        first: row.first,
        last: row.last,
        flows: row.flows,
        bytes_to: isOurs ? row.bytes_up : row.bytes_down,
        bytes_from: isOurs ? row.bytes_down : row.bytes_up,
        attempts: row.attempts,
      },
    ];
  });
