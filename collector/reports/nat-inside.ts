/** The question which public addresses and ports a host had, and towards whom. */

import type { LedgerView } from '../ask/ledger-view.ts';
import type { Plan, Question, Row } from '../ask/report.ts';
import type { HostArgument } from './host-argument.ts';
import { findNatCandidates } from './nat-candidates.ts';
import { type FragmentChoice, maxFragments, natFragments } from './nat-fragments.ts';
import { type NatNarrowing, narrow, timeOf } from './nat-narrowing.ts';
import { natColumns, natRow } from './nat-rows.ts';
import { joinNatSessions, type NatFragment } from './nat-sessions.ts';

const choose = (host: HostArgument, { range }: Question, narrowing: NatNarrowing): FragmentChoice => {
  const { where, params } = narrow(narrowing);
  const port = host.port === undefined ? [] : ['(inside_port = {port:UInt16} OR is_block)'];
  const conditions = [
    'inside_addr = {inside:IPv6}',
    ...port,
    `started < ${timeOf('to')}`,
    `(ended >= ${timeOf('least')} OR is_block)`,
    ...where,
  ];
  return {
    where: conditions.join(' AND '),
    flowsWhere: {
      snat: `src_addr = {inside:IPv6} AND flow_start < ${timeOf('to')}`,
      dnat: `post_nat_dst_addr = {inside:IPv6} AND flow_start < ${timeOf('to')}`,
    },
    orderBy: 'ended DESC',
    params: {
      ...params,
      inside: host.address,
      ...(host.port === undefined ? {} : { port: host.port }),
      least: range.from - narrowing.lookBackMicros,
      to: range.to,
    },
  };
};

export const planInside = async (
  host: HostArgument,
  narrowing: NatNarrowing,
  question: Question,
  ledger: LedgerView,
): Promise<Plan> => {
  const { range, limit, offset } = question;
  const { query, source, table } = await natFragments(ledger, choose(host, question, narrowing));
  const asked = {
    from: range.from,
    to: range.to - 1,
    at: undefined,
    lookBackMicros: narrowing.lookBackMicros,
  };
  let remarks: readonly string[] = [];
  const arrange = (rows: readonly Row[]): readonly Row[] => {
    const sessions = joinNatSessions(rows as unknown as readonly NatFragment[]);
    // Here each is sure: who had it, was asked. What is open, is said in the note.
    const found = findNatCandidates(sessions, asked).sort((a, b) => b.session.seenFrom - a.session.seenFrom);
    remarks = [
      ...(rows.length === maxFragments
        ? [
            `more than ${maxFragments} records fit, and only the newest were looked at: take a shorter range, or say more with --proto or --remote`,
          ]
        : []),
      ...(found.length > offset + limit ? [`${found.length - offset - limit} more: see --limit`] : []),
    ];
    return found.slice(offset, offset + limit).map(natRow);
  };
  return {
    query,
    columns: natColumns(['sure', 'inside_addr']),
    source,
    table,
    arrange,
    conclude: () => remarks,
  };
};
