import t from 'tap';
import { type AskedTime, findNatCandidates } from '../../../collector/reports/nat-candidates.ts';
import { joinNatSessions, type NatFragment } from '../../../collector/reports/nat-sessions.ts';
import { fragment, otherHost, second } from '../../support/nat-ask-fragments.ts';

const hour = 3600;
const at = (seconds: number, skew = 2): AskedTime => ({
  at: second(seconds),
  from: second(seconds - skew),
  to: second(seconds + skew),
  lookBackMicros: hour * 1e6,
});

/** Host, how sure, why not surer. */
const find = (asked: AskedTime, ...fragments: readonly NatFragment[]): string[] =>
  findNatCandidates(joinNatSessions(fragments), asked).map(({ session, sure, note }) =>
    `${session.inside_addr.replace('::ffff:192.168.1.', '.')} ${sure} ${note}`.trim(),
  );

t.test('one flow', async (t) => {
  const flow = fragment('flow', 0, 60);
  t.same(find(at(30), flow), ['.129 exact']);
  t.same(find(at(0), flow), ['.129 exact'], 'its beginning belongs to it');
  t.same(find(at(60), flow), ['.129 exact'], 'and its end');
  t.same(find(at(61.5), flow), ['.129 exact ended 1.5 s before'], 'clocks may differ');
  t.same(find(at(-1), flow), ['.129 exact began 1 s later']);
  t.same(find(at(62.5), flow), [], 'but not so far');
  t.same(find(at(61.5, 1), flow), []);
});

t.test('a minute later another host has the port', async (t) => {
  const flows = [fragment('flow', 0, 60), fragment('flow', 120, 180, otherHost)];
  t.same(find(at(30), ...flows), ['.129 exact']);
  t.same(find(at(150), ...flows), ['.7 exact']);
  t.same(find(at(90), ...flows), [], 'between them nobody');
  t.same(
    find(at(119, 60), ...flows),
    ['.7 overlapping began 1 s later', '.129 overlapping ended 59 s before'],
    'what is nearer comes first',
  );
  t.same(
    find(at(121, 62), ...flows),
    ['.7 overlapping', '.129 overlapping ended 1 min 1 s before'],
    'what was there, before what was nearly there',
  );
});

t.test('only beginnings are known', async (t) => {
  const created = fragment('create', 0);
  t.same(find(at(30), created), ['.129 open its end is not known']);
  t.same(
    find(at(hour + 1), created),
    ['.129 open its end is not known'],
    'to the end of the look-back, and the skew',
  );
  t.same(find(at(hour + 3), created), []);
  t.same(find(at(-1), created), ['.129 exact began 1 s later']);
  const again = fragment('create', 60, 60, otherHost);
  t.same(find(at(30), created, again), ['.129 open its end is not known: until used again']);
  t.same(find(at(90), created, again), ['.7 open its end is not known']);
  t.same(find(at(90), created, fragment('delete', 80)), [], 'deleted');
});

t.test('only ends are known', async (t) => {
  const deleted = fragment('delete', hour);
  t.same(find(at(hour / 2), deleted), ['.129 open its beginning is not known']);
  t.same(find(at(-3), deleted), []);
  const before = fragment('flow', 0, 100, otherHost);
  t.same(find(at(50), deleted, before), ['.7 exact']);
  t.same(find(at(200), deleted, before), ['.129 open its beginning is not known']);
});

t.test('several at a time', async (t) => {
  const remote = { remote_addr: '::ffff:8.8.8.8', remote_port: 53 };
  t.same(
    find(at(30), fragment('create', 10, 10, { ...otherHost, ...remote }), fragment('flow', 0, 60)),
    ['.129 overlapping', '.7 overlapping its end is not known'],
    'what records cover, before what may have been',
  );
  t.same(
    find(at(30), fragment('flow', 0, 60), fragment('flow', 10, 40, { inside_port: 5, ...remote })),
    ['.129 exact', '.129 exact'],
    'all of one host: it is known who it was',
  );
  t.same(
    find(at(30), fragment('flow', 0, 60, { zone: 1 }), fragment('flow', 0, 60, { zone: 2 })),
    ['.129 overlapping', '.129 overlapping'],
    'one address in two VRFs is two hosts',
  );
});

t.test('a block of ports is held until it is given away', async (t) => {
  const block = {
    is_block: 1,
    first_port: 1024,
    last_port: 2047,
    proto: 0,
    remote_addr: '::',
    remote_port: 0,
  };
  const given = fragment('create', 0, 0, block);
  t.same(find(at(40 * hour), given), ['.129 open its end is not known'], 'however long ago that was');
  t.same(find(at(40 * hour), given, fragment('delete', 39 * hour, 39 * hour, block)), []);
});

t.test('a range', async (t) => {
  const range = { at: undefined, from: second(0), to: second(200), lookBackMicros: hour * 1e6 };
  t.same(
    find(range, fragment('flow', 0, 60), fragment('flow', 120, 180, otherHost), fragment('flow', 500, 510)),
    ['.7 exact', '.129 exact'],
    'one after the other: both are sure',
  );
  t.same(find(range, fragment('flow', 0, 60), fragment('flow', 30, 180, otherHost)), [
    '.7 overlapping',
    '.129 overlapping',
  ]);
  const nextPort = { ...otherHost, first_port: 53_501, last_port: 53_501 };
  t.same(
    find(range, fragment('flow', 0, 60), fragment('flow', 30, 180, nextPort)),
    ['.7 exact', '.129 exact'],
    'each has a port of its own',
  );
});
