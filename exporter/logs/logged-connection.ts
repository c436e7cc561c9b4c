/** What a line of a log tells of a connection. One object is filled again and again: a receiver takes what it needs before it returns. */

import { type Connection, makeConnection } from '../observe/connection.ts';

export interface LoggedConnection {
  /**
   * `dump`: a listing has it. Counters that the line does not have are `hasCounters: false`; a start that it does not have is 0;
   * a reply that it does not have is the original turned round. `eventMicros` is the time of the line, 0 where it has none.
   */
  readonly connection: Connection;
  /** The last packet, or what the log says in its place (flow.end); 0: not said. Microseconds since 1970. */
  endMicros: number;
}

export const makeLoggedConnection = (): LoggedConnection => ({ connection: makeConnection(), endMicros: 0 });

/** What the lines themselves leave open. */
export interface LineContext {
  /** About when the line was written, for times without a year; microseconds since 1970. */
  readonly nowMicros: number;
  /** Zone of times that name none, as Intl knows it (`Europe/Berlin`). */
  readonly zone: string;
  /** How addresses were made numbers: as they are on the wire, or in the byte order of a little-endian logging host. */
  readonly integerAddresses: 'network' | 'host';
}

/** `connection`: it is filled. `other`: understood, and about no connection (a header, a packet). Else: why it cannot be understood. */
export type LineMeaning = 'connection' | 'other' | { readonly problem: string };

/** Reads one line without its end. */
export type ReadLine = (line: string, into: LoggedConnection, context: LineContext) => LineMeaning;
