import type { Tuple } from '../observe/connection.ts';
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
  connection.zone = 0;
  connection.id = 0;
  clearTuple(connection.original);
  clearTuple(connection.reply);
  connection.status = 0;
  connection.mark = 0;
  connection.timeoutSeconds = -1;
  connection.state = -1;
  connection.hasCounters = false;
  connection.packets = 0;
  connection.octets = 0;
  connection.reversePackets = 0;
  connection.reverseOctets = 0;
  connection.startMicros = 0;
  connection.stopMicros = 0;
  connection.eventMicros = 0;
  connection.helper = '';
  connection.labels = '';
};
