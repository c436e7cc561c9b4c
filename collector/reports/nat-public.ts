/** The question who had a public address and port. */

import type { LedgerView } from '../ask/ledger-view.ts';
import type { Plan, Question, Row } from '../ask/report.ts';
import { proveHeard } from './heard-proof.ts';
import type { HostArgument } from './host-argument.ts';
import {
  type AskedTime,
  certainties,
  findNatCandidates,
  hostKey,
  type NatCandidate,
} from './nat-candidates.ts';
import { type FragmentChoice, maxFragments, natFragments } from './nat-fragments.ts';
import { type DataGap, findGaps, gapsOfTranslators } from './nat-gaps.ts';
import { type NatNarrowing, narrow, timeOf } from './nat-narrowing.ts';
import { explainNothing } from './nat-nothing.ts';
import { natColumns, natRow } from './nat-rows.ts';
import { joinNatSessions, type NatFragment } from './nat-sessions.ts';

/** Records of the address and port that began up to the look-back after the time, and ended up to it before. */
const choose = (end: HostArgument, asked: AskedTime, narrowing: NatNarrowing): FragmentChoice => {
  const { where, params } = narrow(narrowing);
  const isAny = end.port === undefined;
  const single = isAny ? 'NOT is_block' : 'NOT is_block AND first_port = {port:UInt16}';
  // A block of ports is held for days, and has few records.
  const block = isAny
    ? 'is_block'
    : 'is_block AND first_port <= {port:UInt16} AND last_port >= {port:UInt16}';
  const conditions = [
    'public_addr = {public:IPv6}',
    `((${single} AND ended >= ${timeOf('least')}) OR (${block}))`,
    `started <= ${timeOf('most')}`,
    ...where,
  ];
  return {
    where: conditions.join(' AND '),
    flowsWhere: {
      snat: `post_nat_src_addr = {public:IPv6} AND flow_start <= ${timeOf('most')}`,
      dnat: `dst_addr = {public:IPv6} AND flow_start <= ${timeOf('most')}`,
    },
    // What is nearest to the time.
    orderBy:
      'greatest(toUnixTimestamp64Micro(started) - {to:Int64}, {from:Int64} - toUnixTimestamp64Micro(ended), 0)',
    params: {
      ...params,
      public: end.address,
      ...(isAny ? {} : { port: end.port }),
      least: asked.from - asked.lookBackMicros,
      most: asked.to + asked.lookBackMicros,
      from: asked.from,
      to: asked.to,
    },
  };
};

/** Both ends of the connection were asked for, and records tell of its beginning and its end: nobody else can have had it. */
const isBeyondDoubt = ({ session }: NatCandidate, { remote }: NatNarrowing): boolean =>
  remote?.port !== undefined &&
  session.remote_port === remote.port &&
  session.isStartKnown &&
  session.isEndKnown;

const withGaps = (
  candidates: readonly NatCandidate[],
  gaps: readonly DataGap[],
  narrowing: NatNarrowing,
): NatCandidate[] =>
  candidates.map((candidate) => {
    const { exporter, domain } = candidate.session;
    const isInGap = gaps.some((gap) => gap.exporter === exporter && gap.domain === domain);
    if (!isInGap || candidate.sure === certainties.overlapping || isBeyondDoubt(candidate, narrowing))
      return candidate;
    return { ...candidate, sure: certainties.gap };
  });

const hosts = (candidates: readonly NatCandidate[]): number =>
  new Set(candidates.map(({ session }) => hostKey(session))).size;

const conclusions = (candidates: readonly NatCandidate[], asked: AskedTime): readonly string[] => [
  ...(asked.at !== undefined && hosts(candidates) > 1
    ? [
        `${hosts(candidates)} hosts may have had it: the one that fits best comes first; --proto and --remote tell them apart`,
      ]
    : []),
  ...(candidates.some(({ sure }) => sure === certainties.open)
    ? [
        'open: no record tells of its end (or its beginning); it is taken to hold until the same port was used again, or for --look-back',
      ]
    : []),
];

export const planPublic = async (
  end: HostArgument,
  asked: AskedTime,
  narrowing: NatNarrowing,
  { limit, offset }: Question,
  ledger: LedgerView,
): Promise<Plan> => {
  const { query, source, table } = await natFragments(ledger, choose(end, asked, narrowing));
  let remarks: readonly string[] = [];
  const arrange = async (rows: readonly Row[]): Promise<readonly Row[]> => {
    const sessions = joinNatSessions(rows as unknown as readonly NatFragment[]);
    const gaps = asked.at === undefined ? [] : await findGaps(ledger, asked.at);
    const candidates = withGaps(findNatCandidates(sessions, asked), gaps, narrowing);
    const exporters = new Set(candidates.map(({ session }) => `${session.exporter} ${session.domain}`));
    const isNothing = candidates.length === 0;
    const gapsToSay =
      isNothing && asked.at !== undefined
        ? await gapsOfTranslators(ledger, asked.at, gaps)
        : gaps.filter(({ exporter, domain }) => exporters.has(`${exporter} ${domain}`));
    remarks = [
      ...(isNothing ? await explainNothing(ledger, end, asked, sessions) : conclusions(candidates, asked)),
      ...gapsToSay.map(({ text }) => `in a gap of the data: ${text}`),
      // Of a moment, gaps are said, and nothing else matters; of a range, whether anybody was heard at all.
      ...(isNothing && asked.at === undefined
        ? await proveHeard(asked.from, Math.min(asked.to, ledger.nowMicros), ledger)
        : []),
      ...(rows.length === maxFragments
        ? [
            `more than ${maxFragments} records fit, and only the nearest were looked at: say more with a port, --proto or --remote`,
          ]
        : []),
      ...(candidates.length > offset + limit
        ? [`${candidates.length - offset - limit} more: see --limit`]
        : []),
    ];
    return candidates.slice(offset, offset + limit).map(natRow);
  };
  return {
    query,
    columns: natColumns(end.port === undefined ? ['public_addr'] : ['public_addr', 'public_port']),
    source,
    table,
    range: { from: asked.from, to: asked.to, isRelative: false },
    arrange,
    explainsEmpty: true,
    conclude: () => remarks,
  };
};
