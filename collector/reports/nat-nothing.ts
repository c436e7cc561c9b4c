/** Why nobody had a public address and port: in sentences, each of which is something that was looked for. */

import { formatDuration } from '../../shared/service/format-quantity.ts';
import { formatHostPort } from '../../shared/service/host-port.ts';
import { shownAddress } from '../../shared/wire/address.ts';
import type { LedgerView } from '../ask/ledger-view.ts';
import { isTranslated } from '../store/translated-address.ts';
import type { HostArgument } from './host-argument.ts';
import type { AskedTime } from './nat-candidates.ts';
import { type FragmentChoice, natFragments } from './nat-fragments.ts';
import type { NatFragment, NatSession } from './nat-sessions.ts';

/** Flows of the address itself are looked for so long before and after. */
const aroundMicros = 3600e6;

const describeHolder = (session: NatSession, ledger: LedgerView): string => {
  const who =
    session.is_block === 1
      ? shownAddress(session.inside_addr)
      : formatHostPort(shownAddress(session.inside_addr), session.inside_port);
  const from = session.isStartKnown ? ledger.formatTime(session.seenFrom) : 'an unknown time';
  return `${who} had it from ${from} to ${ledger.formatTime(session.seenTo)}`;
};

/** The last holder before, and the next one after. */
const describeNeighbours = (
  sessions: readonly NatSession[],
  asked: AskedTime,
  ledger: LedgerView,
): readonly string[] => {
  const before = sessions
    .filter(({ seenTo }) => seenTo < asked.from)
    .reduce<NatSession | undefined>((best, s) => (best && best.seenTo >= s.seenTo ? best : s), undefined);
  const after = sessions.find(({ seenFrom }) => seenFrom > asked.to);
  return [
    ...(before ? [`before that ${describeHolder(before, ledger)}`] : []),
    ...(after ? [`after that ${describeHolder(after, ledger)}`] : []),
  ];
};

/** Whether any translation has the address as its public, or its inside one. */
const isKnown = async (ledger: LedgerView, end: HostArgument, as: 'public' | 'inside'): Promise<boolean> => {
  const [source, destination] =
    as === 'public' ? ['post_nat_src_addr', 'dst_addr'] : ['src_addr', 'post_nat_dst_addr'];
  const choice: FragmentChoice = {
    where: `${as}_addr = {known:IPv6}`,
    flowsWhere: { snat: `${source} = {known:IPv6}`, dnat: `${destination} = {known:IPv6}` },
    params: { known: end.address },
    orderBy: undefined,
    limit: 1,
  };
  const { query } = await natFragments(ledger, choice);
  return (await ledger.ask<NatFragment>(query)).length > 0;
};

/** Whether the address itself was seen as an end of flows that were not translated. */
const hasOwnFlows = async (ledger: LedgerView, end: HostArgument, asked: AskedTime): Promise<boolean> => {
  const rows = await ledger.ask<object>({
    sql: `SELECT 1 FROM flows
WHERE (src_addr = {public:IPv6} OR dst_addr = {public:IPv6}) AND (post_nat_src_addr = {public:IPv6} OR NOT (${isTranslated('post_nat_src_addr')}))
  AND time >= fromUnixTimestamp({from:Int64}) AND time < fromUnixTimestamp({to:Int64}) LIMIT 1`,
    params: {
      public: end.address,
      from: Math.floor((asked.from - aroundMicros) / 1e6),
      to: Math.ceil((asked.to + aroundMicros) / 1e6),
    },
  });
  return rows.length > 0;
};

/** `sessions`: those with this address and port, at other times. */
export const explainNothing = async (
  ledger: LedgerView,
  end: HostArgument,
  asked: AskedTime,
  sessions: readonly NatSession[],
): Promise<readonly string[]> => {
  const { port } = end;
  const name = shownAddress(end.address);
  const text = port === undefined ? name : formatHostPort(name, port);
  const neighbours = describeNeighbours(sessions, asked, ledger);
  if (neighbours.length > 0) return [`${text} was not in use then`, ...neighbours];
  if (await isKnown(ledger, end, 'public')) {
    const around = formatDuration(asked.lookBackMicros / 1000);
    return [
      `${text} was not in use within ${around} before and after (--look-back), though there are translations to this address`,
    ];
  }
  const never = `${text}: nothing in the ledger was translated to this address`;
  if (await isKnown(ledger, end, 'inside'))
    return [`${never}: it is an inside address. What it had outside, tells --inside ${text}`];
  if (!(await hasOwnFlows(ledger, end, asked))) return [never];
  return [
    `${never}; flows without translation had it as their own address: the host itself has it, or it is a remote one`,
  ];
};
