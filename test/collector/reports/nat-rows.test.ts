import t from 'tap';
import { natColumns, natRow } from '../../../collector/reports/nat-rows.ts';
import { joinNatSessions, type NatFragment } from '../../../collector/reports/nat-sessions.ts';
import { fragment, second } from '../../support/nat-ask-fragments.ts';

const rowOf = (of: NatFragment) => {
  const [session] = joinNatSessions([of]);
  if (session === undefined) throw new Error('a record makes a session');
  return natRow({ session, sure: 'exact', note: 'why' });
};

t.test('a row of the answer', async (t) => {
  t.same(rowOf(fragment('flow', 0, 60, { bytes_out: 5, packets_in: 2, zone: 3, domain: 4 })), {
    sure: 'exact',
    inside_addr: '::ffff:192.168.1.129',
    inside_port: 53_400,
    public_addr: '::ffff:1.2.3.4',
    public_port: '53500',
    from: second(0),
    to: second(60),
    proto: 6,
    remote_addr: '::ffff:19.1.16.7',
    remote_port: 443,
    translated: 'source',
    bytes_out: 5,
    bytes_in: 0,
    packets_out: 0,
    packets_in: 2,
    last_seen: second(60),
    exporter: '::ffff:10.0.0.1',
    domain: 4,
    zone: 3,
    note: 'why',
  });
});

t.test('what is not known, is not said', async (t) => {
  t.match(rowOf(fragment('create', 0)), { from: second(0), to: null, last_seen: second(0) });
  t.match(rowOf(fragment('delete', 9)), { from: null, to: second(9) });
  const block = {
    is_block: 1,
    first_port: 1024,
    last_port: 2047,
    proto: 0,
    remote_addr: '::',
    remote_port: 0,
  };
  t.match(rowOf(fragment('create', 0, 0, block)), {
    ...{ public_port: '1024-2047', inside_port: null, proto: null, remote_addr: null, remote_port: null },
  });
  t.match(rowOf(fragment('flow', 0, 1, { kind: 'dnat' })), { translated: 'destination' });
});

t.test('every value has a column', async (t) => {
  const names = natColumns(['public_addr']).map(({ name }) => name);
  t.same([...names].sort(), Object.keys(rowOf(fragment('flow', 0))).sort());
  t.equal(names.at(-1), 'public_addr', 'what was said already comes last');
  t.match(natColumns(['sure']).at(-1), { name: 'sure', optional: true });
});
