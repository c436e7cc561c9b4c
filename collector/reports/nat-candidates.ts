/** Who may have had a public address and port at a time: sessions by how well they fit, and how sure that is. */

import { formatDuration } from '../../shared/service/format-quantity.ts';
import type { NatEnds, NatSession } from './nat-sessions.ts';

export const certainties = {
  exact: 'exact',
  overlapping: 'overlapping',
  open: 'open',
  gap: 'gap',
} as const;
export type Certainty = (typeof certainties)[keyof typeof certainties];

export interface NatCandidate {
  readonly session: NatSession;
  readonly sure: Certainty;
  /** Why it is not surer; empty where there is nothing to say. */
  readonly note: string;
}

/** `[from, to]`: the time that was asked about with its uncertainty taken off and added, or a range. Microseconds. */
export interface AskedTime {
  readonly from: number;
  readonly to: number;
  /** Undefined: the whole range is meant. */
  readonly at: number | undefined;
  /** So long after its last record a session may go on, of which no end is known. */
  readonly lookBackMicros: number;
}

/** Blocks of ports are held for days, and are few. */
const isForEver = ({ is_block }: NatEnds): boolean => is_block === 1;

/** When it began at the earliest, and ended at the latest. */
const limitsOf = (session: NatSession, lookBackMicros: number): { first: number; last: number } => {
  const more = isForEver(session) ? Number.POSITIVE_INFINITY : lookBackMicros;
  const first = session.isStartKnown
    ? session.seenFrom
    : Math.max(session.from ?? -Infinity, session.seenFrom - more);
  const last = session.isEndKnown ? session.seenTo : Math.min(session.to ?? Infinity, session.seenTo + more);
  return { first, last };
};

const span = (micros: number): string => formatDuration(micros / 1000);

/** Whether the time lies beyond what records tell of the session: it is only taken to have been there. */
const isGuessed = (session: NatSession, at: number | undefined): boolean => {
  const { seenFrom, seenTo, isStartKnown, isEndKnown } = session;
  if (at === undefined) return !isStartKnown || !isEndKnown;
  return at < seenFrom ? !isStartKnown : at > seenTo && !isEndKnown;
};

const noteOf = (session: NatSession, at: number | undefined): string => {
  const { seenFrom, seenTo, isStartKnown, usedAgainBy } = session;
  if (isGuessed(session, at)) {
    if (!isStartKnown && (at === undefined || at < seenFrom)) return 'its beginning is not known';
    return `its end is not known${usedAgainBy === undefined ? '' : ': until used again'}`;
  }
  if (at !== undefined && at < seenFrom) return `began ${span(seenFrom - at)} later`;
  if (at !== undefined && at > seenTo) return `ended ${span(at - seenTo)} before`;
  return '';
};

interface Fitting {
  readonly session: NatSession;
  /** How far the time lies outside. */
  readonly outside: number;
  readonly isGuess: boolean;
}

/** The best first: those that were there before those that may have been, those before such that missed the time by a little. */
const byFit = (a: Fitting, b: Fitting): number =>
  a.outside - b.outside || Number(a.isGuess) - Number(b.isGuess) || b.session.seenFrom - a.session.seenFrom;

const fit = (session: NatSession, { from, to, at, lookBackMicros }: AskedTime): Fitting | undefined => {
  const { first, last } = limitsOf(session, lookBackMicros);
  if (first > to || last < from) return undefined;
  const outside = at === undefined ? 0 : Math.max(first - at, at - last, 0);
  return { session, outside, isGuess: isGuessed(session, at) };
};

/** The same private address in another VRF is another host. */
export const hostKey = ({ inside_addr, zone }: NatEnds): string => `${inside_addr} ${zone}`;

const sharePort = (a: NatEnds, b: NatEnds): boolean =>
  a.public_addr === b.public_addr && a.first_port <= b.last_port && b.first_port <= a.last_port;

const meet = (a: NatSession, b: NatSession, lookBackMicros: number): boolean => {
  const [one, other] = [limitsOf(a, lookBackMicros), limitsOf(b, lookBackMicros)];
  return one.first <= other.last && other.first <= one.last;
};

/** Of a time, one host is sought: several are overlapping. Of a range, those are which had the same port together. */
export const findNatCandidates = (sessions: readonly NatSession[], asked: AskedTime): NatCandidate[] => {
  const { at, lookBackMicros } = asked;
  const fitting = sessions.flatMap((session) => fit(session, asked) ?? []).sort(byFit);
  const hosts = new Set(fitting.map(({ session }) => hostKey(session)));
  const isContested = (session: NatSession): boolean =>
    hosts.size > 1 &&
    (at !== undefined ||
      fitting.some(
        ({ session: other }) =>
          hostKey(other) !== hostKey(session) &&
          sharePort(other, session) &&
          meet(other, session, lookBackMicros),
      ));
  return fitting.map(({ session, isGuess }) => {
    const alone = isGuess ? certainties.open : certainties.exact;
    const sure = isContested(session) ? certainties.overlapping : alone;
    return { session, sure, note: noteOf(session, at) };
  });
};
