/**
 * Translations, put together from what was said of them: events that one began or ended, records of flows that went through it, parts of a port
 * block's life. A session is one use of a public address and port by one inside end.
 */

import { isSameInside, NatRivals } from './nat-rivals.ts';

/** One record, as `nat-fragments.ts` asks for it. Times are microseconds since 1970, addresses as ClickHouse says IPv6. */
export interface NatFragment {
  readonly what: 'create' | 'delete' | 'interim' | 'flow';
  readonly kind: 'snat' | 'dnat';
  /** A range of ports that was given to the inside end, whatever it did with them. */
  readonly is_block: number;
  readonly public_addr: string;
  readonly first_port: number;
  readonly last_port: number;
  /** 0 where the record names none. */
  readonly proto: number;
  /** `::` and 0 where the record names none: the translation holds for all remotes. */
  readonly remote_addr: string;
  readonly remote_port: number;
  readonly inside_addr: string;
  readonly inside_port: number;
  readonly from_micros: number;
  readonly to_micros: number;
  /** From the inside end, and to it. */
  readonly bytes_out: number;
  readonly bytes_in: number;
  readonly packets_out: number;
  readonly packets_in: number;
  /** Since the flow began; 0 where the record does not say. */
  readonly total_bytes_out: number;
  readonly total_bytes_in: number;
  readonly exporter: string;
  readonly domain: number;
  readonly zone: number;
  /** Text, since it has 64 bits; `0`: the exporter numbers none. */
  readonly flow_id: string;
}

export type NatEnds = Omit<NatFragment, 'what' | 'from_micros' | 'to_micros'>;

export interface NatSession extends NatEnds {
  /** First and last time that a record speaks of. */
  readonly seenFrom: number;
  readonly seenTo: number;
  /** Whether the records tell that it began and ended there. What they do not tell, other sessions and the look-back bound. */
  readonly isStartKnown: boolean;
  readonly isEndKnown: boolean;
  /** The interval in which it may have been, undefined where nothing bounds it. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** The one that had the same port for the same use later, and so ended this one. */
  readonly usedAgainBy: NatEnds | undefined;
}

type OpenSession = { -readonly [Key in keyof NatSession]: NatSession[Key] } & { isDeleted: boolean };

/** Records of one flow without an identifier follow each other so closely, at most; pauses are longer than this only where nothing was translated. */
const pauseMicros = 60e6;
/** Events are told when they are heard of, records by the clock of the packets: so far these differ, where an identifier says that it is the same flow. */
const clockMicros = 2e6;

const ranks = { create: 0, interim: 1, flow: 2, delete: 3 } as const;

const inTimeOrder = (a: NatFragment, b: NatFragment): number =>
  a.from_micros - b.from_micros || ranks[a.what] - ranks[b.what] || a.to_micros - b.to_micros;

/** Of what has the translation to itself. */
const holderKey = (f: NatFragment): string =>
  [
    ...[
      f.exporter,
      f.domain,
      f.zone,
      f.flow_id,
      f.is_block,
      f.proto,
      f.public_addr,
      f.first_port,
      f.last_port,
    ],
    ...[f.remote_addr, f.remote_port, f.inside_addr, f.inside_port],
  ].join(' ');

const isNumbered = ({ flow_id }: NatEnds): boolean => flow_id !== '0';
const begin = (fragment: NatFragment): OpenSession => {
  const { what, from_micros: from, to_micros: to, ...ends } = fragment;
  return {
    ...ends,
    seenFrom: from,
    seenTo: to,
    // An event that something ended may say when it began.
    isStartKnown: what !== 'delete' || from < to,
    isEndKnown: isEnd(fragment),
    from: undefined,
    to: undefined,
    usedAgainBy: undefined,
    isDeleted: what === 'delete',
  };
};

/** An interim record of a numbered flow says that it goes on; of another one, only that the exporter's timer had run. */
const isEnd = (f: NatFragment): boolean =>
  f.what === 'delete' || f.what === 'flow' || (f.what === 'interim' && !isNumbered(f));

const extend = (session: OpenSession, fragment: NatFragment): void => {
  session.seenFrom = Math.min(session.seenFrom, fragment.from_micros);
  session.seenTo = Math.max(session.seenTo, fragment.to_micros);
  if (fragment.what === 'delete') session.isDeleted = true;
  if (fragment.what !== 'delete' || fragment.from_micros < fragment.to_micros) session.isStartKnown = true;
  if (isEnd(fragment)) session.isEndKnown = true;
  session.bytes_out += fragment.bytes_out;
  session.bytes_in += fragment.bytes_in;
  session.packets_out += fragment.packets_out;
  session.packets_in += fragment.packets_in;
  session.total_bytes_out = Math.max(session.total_bytes_out, fragment.total_bytes_out);
  session.total_bytes_in = Math.max(session.total_bytes_in, fragment.total_bytes_in);
};

/** Whether a record, later than those of the session, is one more of it. `startsBetween`: another one had the port after `from` and before `to`. */
const continues = (
  session: OpenSession,
  fragment: NatFragment,
  startsBetween: (from: number, to: number) => boolean,
): boolean => {
  const { from_micros: from, what } = fragment;
  if (from <= session.seenTo) return true;
  if (what === 'delete') return !session.isDeleted && !startsBetween(session.seenTo, from);
  if (session.isDeleted) return false;
  if (isNumbered(fragment))
    return from <= session.seenTo + clockMicros || (what !== 'create' && !session.isEndKnown);
  if (what === 'create' || startsBetween(session.seenTo, from)) return false;
  return !session.isEndKnown || from <= session.seenTo + pauseMicros;
};

const sessionsOfHolder = (
  fragments: readonly NatFragment[],
  startsBetween: (from: number, to: number) => boolean,
): OpenSession[] => {
  const sessions: OpenSession[] = [];
  for (const fragment of fragments) {
    const last = sessions.at(-1);
    if (last !== undefined && continues(last, fragment, startsBetween)) extend(last, fragment);
    else sessions.push(begin(fragment));
  }
  return sessions;
};

/** Ends what has no end, and begins what has no beginning, where another one had the port. */
const bound = (session: OpenSession, rivals: NatRivals<OpenSession>): void => {
  if (session.isStartKnown) session.from = session.seenFrom;
  if (session.isEndKnown) session.to = session.seenTo;
  if (session.isStartKnown && session.isEndKnown) return;
  for (const other of rivals.of(session)) {
    if (other === session) continue;
    if (!session.isEndKnown && other.seenFrom > session.seenTo && other.seenFrom < (session.to ?? Infinity)) {
      session.to = other.seenFrom;
      session.usedAgainBy = other;
    }
    if (
      !session.isStartKnown &&
      other.seenTo < session.seenFrom &&
      other.seenTo > (session.from ?? -Infinity)
    )
      session.from = other.seenTo;
  }
};

/** Sessions out of records in any order, by the time of their first record. */
export const joinNatSessions = (fragments: readonly NatFragment[]): NatSession[] => {
  const holders = new Map<string, NatFragment[]>();
  const ordered = [...fragments].sort(inTimeOrder);
  for (const fragment of ordered) {
    const key = holderKey(fragment);
    const list = holders.get(key);
    if (list === undefined) holders.set(key, [fragment]);
    else list.push(fragment);
  }
  const rivals = new NatRivals(ordered);
  const sessions = [...holders.values()].flatMap((ofHolder) => {
    const [first] = ofHolder as [NatFragment];
    const others = rivals.of(first).filter((other) => !isSameInside(other, first));
    const startsBetween = (from: number, to: number): boolean =>
      others.some((other) => other.from_micros > from && other.from_micros < to);
    return sessionsOfHolder(ofHolder, startsBetween);
  });
  const boundaries = new NatRivals(sessions);
  for (const session of sessions) bound(session, boundaries);
  return sessions
    .map(({ isDeleted: _, ...session }) => ({
      ...session,
      // Parts from before those that were looked at are in the totals only.
      bytes_out: Math.max(session.bytes_out, session.total_bytes_out),
      bytes_in: Math.max(session.bytes_in, session.total_bytes_in),
    }))
    .sort((a, b) => a.seenFrom - b.seenFrom);
};
