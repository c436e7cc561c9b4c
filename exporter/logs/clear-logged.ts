import { clearConnection, type Tuple } from '../observe/connection.ts';
import type { LoggedConnection } from './logged-connection.ts';

const clearTuple = (tuple: Tuple): void => {
  tuple.srcPort = 0;
  tuple.dstPort = 0;
  tuple.icmpType = 0;
  tuple.icmpCode = 0;
  tuple.icmpId = 0;
};

/** Makes everything unknown but the addresses, the family and the protocol, which every line has. */
export const clearLogged = (logged: LoggedConnection): void => {
  const { connection } = logged;
  logged.endMicros = 0;
  connection.kind = 'dump';
  connection.portId = 0;
  clearTuple(connection.original);
  clearTuple(connection.reply);
  clearConnection(connection);
};
