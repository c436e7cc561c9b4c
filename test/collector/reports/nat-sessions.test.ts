import t from 'tap';
import {
  joinNatSessions,
  type NatFragment,
  type NatSession,
} from '../../../collector/reports/nat-sessions.ts';
import { fragment, otherHost, second } from '../../support/nat-ask-fragments.ts';

/** `192.168.1.129 0-60`: seconds; `?` where it is not known, `~` before what bounds it nevertheless. */
const describe = (session: NatSession): string => {
  const seconds = (micros: number | undefined): string =>
    micros === undefined ? '?' : String((micros - second(0)) / 1e6);
  const { isStartKnown, isEndKnown, from, to } = session;
  const host = session.inside_addr.replace('::ffff:192.168.1.', '.');
  return `${host} ${isStartKnown ? '' : '~'}${seconds(from)} to ${isEndKnown ? '' : '~'}${seconds(to)}`;
};
const join = (...fragments: readonly NatFragment[]): string[] => {
  const sessions = joinNatSessions(fragments).map(describe);
  const reversed = joinNatSessions([...fragments].reverse()).map(describe);
  t.same(reversed, sessions, 'whatever the order of the records');
  return sessions;
};

const numbered = { flow_id: '77' } as const;
const elsewhere = { remote_addr: '::ffff:8.8.8.8', remote_port: 53 } as const;

t.test('events', async (t) => {
  t.same(join(fragment('create', 0), fragment('delete', 60)), ['.129 0 to 60'], 'a pair');
  t.same(join(fragment('create', 0)), ['.129 0 to ~?'], 'without an end');
  t.same(join(fragment('delete', 60)), ['.129 ~? to 60'], 'without a beginning');
  t.same(
    join(fragment('create', 0), fragment('delete', 5), fragment('create', 6), fragment('delete', 9)),
    ['.129 0 to 5', '.129 6 to 9'],
    'the same tuple twice',
  );
  t.same(
    join(fragment('create', 0), fragment('create', 90), fragment('delete', 99)),
    ['.129 0 to ~90', '.129 90 to 99'],
    'a lost end is no later than the next beginning',
  );
});

t.test('a port is used again by another host', async (t) => {
  t.same(
    join(fragment('create', 0), fragment('create', 60, 60, otherHost)),
    ['.129 0 to ~60', '.7 60 to ~?'],
    'which ends what has no end',
  );
  t.same(
    join(fragment('flow', 0, 10), fragment('delete', 60, 60, otherHost)),
    ['.129 0 to 10', '.7 ~10 to 60'],
    'and began after what was before',
  );
  t.same(
    join(fragment('create', 0), fragment('create', 60, 60, { ...otherHost, ...elsewhere })),
    ['.129 0 to ~?', '.7 60 to ~?'],
    'towards another remote end it ends nothing: both may be',
  );
  t.same(
    join(
      fragment('create', 0),
      fragment('create', 60, 60, { ...otherHost, remote_addr: '::', remote_port: 0 }),
    ),
    ['.129 0 to ~60', '.7 60 to ~?'],
    'for all remote ends',
  );
  t.same(
    join(fragment('create', 0), fragment('create', 60, 60, { ...otherHost, proto: 17 })),
    ['.129 0 to ~?', '.7 60 to ~?'],
    'another protocol has ports of its own',
  );
  t.same(
    join(fragment('flow', 0, 10), fragment('flow', 30, 35, otherHost), fragment('flow', 40, 50)),
    ['.129 0 to 10', '.7 30 to 35', '.129 40 to 50'],
    'parts of a flow are not joined across it',
  );
});

t.test('records of flows', async (t) => {
  t.same(
    join(
      fragment('interim', 0, 60, numbered),
      fragment('interim', 0, 120, numbered),
      fragment('flow', 0, 130, numbered),
    ),
    ['.129 0 to 130'],
    'parts of one',
  );
  t.same(
    join(fragment('interim', 0, 60, numbered)),
    ['.129 0 to ~?'],
    'a numbered one goes on after an interim record',
  );
  t.same(join(fragment('interim', 0, 60)), ['.129 0 to 60'], 'without a number, nobody knows');
  t.same(
    join(fragment('flow', 0, 10), fragment('flow', 50, 55), fragment('flow', 300, 310)),
    ['.129 0 to 55', '.129 300 to 310'],
    'a flow without a number may pause for a minute',
  );
  t.same(
    join(fragment('flow', 0, 10, { flow_id: '1' }), fragment('flow', 15, 20, { flow_id: '2' })),
    ['.129 0 to 10', '.129 15 to 20'],
    'numbers tell two connections apart',
  );
  t.same(
    join(
      fragment('create', 0.4, 0.4, numbered),
      fragment('flow', 0.1, 10, numbered),
      fragment('delete', 130, 130, numbered),
    ),
    ['.129 0.1 to 130'],
    'with events: the translation is held until it is deleted',
  );
  t.same(
    join(
      fragment('create', 1.5, 1.5, numbered),
      fragment('flow', 0, 0, numbered),
      fragment('delete', 30, 30, numbered),
    ),
    ['.129 0 to 30'],
    'an event is heard of late',
  );
});

t.test('counters', async (t) => {
  const [sum] = joinNatSessions([
    fragment('interim', 0, 60, { ...numbered, bytes_out: 100, bytes_in: 10, packets_out: 2, packets_in: 1 }),
    fragment('flow', 0, 70, { ...numbered, bytes_out: 50, bytes_in: 5, packets_out: 1, packets_in: 1 }),
  ]);
  t.match(sum, { bytes_out: 150, bytes_in: 15, packets_out: 3, packets_in: 2 }, 'parts add up');
  const [total] = joinNatSessions([
    fragment('flow', 0, 70, { ...numbered, bytes_out: 50, total_bytes_out: 9000, total_bytes_in: 7000 }),
  ]);
  t.match(total, { bytes_out: 9000, bytes_in: 7000 }, 'totals have what came before');
});

t.test('who the records are of', async (t) => {
  const two = joinNatSessions([
    fragment('flow', 0, 10),
    fragment('flow', 0, 10, { exporter: '::ffff:10.0.0.2' }),
  ]);
  t.equal(two.length, 2, 'each exporter tells for itself');
  const ways = joinNatSessions([
    fragment('flow', 0, 10, { bytes_out: 100 }),
    fragment('flow', 0.1, 11, { kind: 'dnat', bytes_in: 900 }),
  ]);
  t.equal(ways.length, 1, 'both ways of a connection are one session');
  t.match(ways[0], { kind: 'snat', bytes_out: 100, bytes_in: 900, seenFrom: second(0), seenTo: second(11) });
});

t.test('blocks of ports', async (t) => {
  const block = {
    is_block: 1,
    first_port: 1024,
    last_port: 2047,
    proto: 0,
    remote_addr: '::',
    remote_port: 0,
  };
  t.same(
    join(
      fragment('create', 0, 0, { ...block, inside_port: 0 }),
      fragment('create', 5000, 5000, {
        ...block,
        ...otherHost,
        inside_port: 0,
        first_port: 2000,
        last_port: 3000,
      }),
    ),
    ['.129 0 to ~5000', '.7 5000 to ~?'],
    'one that overlaps ends the one before',
  );
  t.same(
    join(
      fragment('create', 0, 0, block),
      fragment('flow', 60, 70, { ...otherHost, first_port: 1500, last_port: 1500 }),
    ),
    ['.129 0 to ~?', '.7 60 to 70'],
    'a session in it ends no block',
  );
});
