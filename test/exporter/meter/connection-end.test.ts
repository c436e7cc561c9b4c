import t from 'tap';
import {
  findEndMicros,
  findEndReason,
  findLastPacketMicros,
} from '../../../exporter/meter/connection-end.ts';
import { statusBits } from '../../../exporter/observe/connection.ts';
import {
  type ConnectionSpec,
  makeTestConnection,
  defaultTimeouts as timeouts,
} from '../../support/connections.ts';

const second = 1e6;
const begin = 1_700_000_000 * second;
const seen = statusBits.seenReply;
const assured = seen | statusBits.assured;

/** Seconds after the start; `stop` and `event` are, too. */
const end = (stop: number, spec: ConnectionSpec, event = 1e6, earliest = 0): number => {
  const connection = makeTestConnection({ stopMicros: begin + stop * second, ...spec });
  return (
    (findEndMicros(connection, timeouts, begin + earliest * second, begin + event * second) - begin) / second
  );
};

t.test('the end is STOP less the timeout that the last packet set', async (t) => {
  t.equal(end(123, { state: 7 }), 3, 'TIME_WAIT');
  t.equal(end(432_009, { state: 3 }), 9, 'ESTABLISHED');
  t.equal(end(14, { state: 8 }), 4, 'CLOSE');
  t.equal(end(31, { protocol: 17, state: -1, status: seen }), 1, 'UDP');
  t.equal(end(140, { protocol: 17, state: -1, status: assured }), 20, 'UDP stream');
  t.equal(end(190, { protocol: 47, state: -1, status: assured }), 10, 'GRE stream');
  t.equal(end(31, { protocol: 1, state: -1 }), 1, 'ICMP');
  t.equal(end(32, { protocol: 58, state: -1 }), 2, 'ICMPv6');
  t.equal(end(215, { protocol: 132, state: 4 }), 5, 'SCTP');
  t.equal(end(243, { protocol: 33, state: 7 }), 3, 'DCCP');
  t.equal(end(607, { protocol: 89, state: -1 }), 7, 'others');
});

t.test('never before the start or a packet that is known, and never after the event', async (t) => {
  t.equal(end(60, { state: 7 }), 0);
  t.equal(end(130, { state: 7 }, 1e6, 20), 20);
  t.equal(end(900, { state: 7 }, 500), 500);
});

t.test('destroyed before its time: what was left belongs to the deadline', async (t) => {
  t.equal(end(5, { state: 7, timeoutSeconds: 118 }), 3);
  // SYN, RST: CLOSE, with what SYN_SENT had left.
  t.equal(end(0.5, { state: 8, status: 0, timeoutSeconds: 120 }), 0.5);
});

t.test('TCP that waited for an acknowledgement in vain is given up after 300 s', async (t) => {
  t.equal(end(340, { state: 3 }), 40);
  t.equal(end(340, { state: 3 }, 1e6, 50), 50);
});

t.test('where the timeout says nothing', async (t) => {
  t.equal(end(9, { portId: 812 }, 12), 12, 'deleted by a process: when that was');
  t.equal(end(9, { stopMicros: 0 }, 12), 12, 'no STOP: the event');
  t.equal(end(9, { status: assured | statusBits.offload }, 12), 9, 'packets that were not seen: STOP');
  t.equal(end(9, { status: assured | statusBits.fixedTimeout }, 7), 7, 'and the event, if that is earlier');
  t.equal(end(9, { state: -1 }, 12), 9, 'state not known');
});

t.test('a dump says how long ago the last packet was', async (t) => {
  const last = (spec: ConnectionSpec, earliest = 0): number =>
    (findLastPacketMicros(
      makeTestConnection(spec),
      timeouts,
      begin + earliest * second,
      begin + 1000 * second,
    ) -
      begin) /
    second;
  t.equal(last({ timeoutSeconds: 431_990 }), 990);
  t.equal(last({ protocol: 17, state: -1, status: assured, timeoutSeconds: 100 }), 980);
  t.equal(last({ timeoutSeconds: 431_990 }, 990.5), 990.5, 'seconds are cut');
  t.equal(last({ timeoutSeconds: 290 }, 900), 1000, 'another timeout than that of the state');
  t.equal(last({ state: 7, timeoutSeconds: 300 }), 1000, 'more than there is');
  t.equal(last({ timeoutSeconds: -1 }), 1000, 'not said');
});

t.test('why it ended', async (t) => {
  const reason = (spec: ConnectionSpec): number => findEndReason(makeTestConnection(spec));
  for (const state of [4, 5, 6, 7, 8]) t.equal(reason({ state }), 3, `TCP state ${state}`);
  for (const state of [1, 2, 3]) t.equal(reason({ state }), 1, `TCP state ${state}`);
  t.equal(reason({ protocol: 132, state: 7 }), 3);
  t.equal(reason({ protocol: 132, state: 4 }), 1);
  t.equal(reason({ protocol: 33, state: 7 }), 3);
  t.equal(reason({ protocol: 17, state: -1 }), 1);
  t.equal(reason({ portId: 1, state: 7 }), 4, 'by a process');
});
