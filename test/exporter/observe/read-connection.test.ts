import t from 'tap';
import { type Connection, makeConnection } from '../../../exporter/observe/connection.ts';
import { readConnection } from '../../../exporter/observe/read-connection.ts';
import { findNetlinkFixture, netlinkFixtures } from '../../support/netlink-fixtures.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const read = (
  connection: Connection | undefined,
  bytes: Uint8Array,
  end: number = bytes.length,
  at = 0,
): boolean =>
  readConnection(
    connection ?? makeConnection(),
    new DataView(bytes.buffer, bytes.byteOffset),
    bytes,
    at,
    end,
  );

t.test('messages of the kernel say what was set up when they were recorded', (t) => {
  const reused = makeConnection();
  for (const { name, bytes, expected } of netlinkFixtures()) {
    const fresh = makeConnection();
    t.ok(read(fresh, bytes), name);
    t.strictSame(fresh, expected, name);
    t.ok(read(reused, bytes));
    t.strictSame(reused, expected, `${name}, with nothing left of the message before`);
  }
  t.end();
});

t.test('a message is read where it begins', (t) => {
  const { bytes, expected } = findNetlinkFixture('destroy-udp-source-nat');
  const moved = new Uint8Array(64 + bytes.length);
  moved.set(bytes, 64);
  const connection = makeConnection();
  t.ok(read(connection, moved, moved.length, 64));
  t.strictSame(connection, expected);
  t.end();
});

t.test('no cut of a message is misread: it is refused, or has both tuples', (t) => {
  const connection = makeConnection();
  for (const { name, bytes, expected } of netlinkFixtures()) {
    let taken = 0;
    for (let end = 0; end < bytes.length; end++) {
      // Octets behind the cut are there, as those of the next message are, and must not be read.
      const cut = bytes.slice();
      cut.fill(0xff, end);
      if (!read(connection, cut, end)) continue;
      taken++;
      t.strictSame(connection.original, expected.original, `${name} cut to ${end}`);
      t.strictSame(connection.reply, expected.reply, `${name} cut to ${end}`);
    }
    t.ok(taken < 16, `${name}: only cuts between attributes are taken`);
  }
  t.end();
});

t.test('wrong octets end in true or false', (t) => {
  const random = new SeededRandom(7);
  const connection = makeConnection();
  for (const { bytes } of netlinkFixtures())
    for (let round = 0; round < 300; round++) {
      const wrong = bytes.slice();
      for (let i = 0; i < 4; i++) wrong[random.below(wrong.length)] = random.below(256);
      t.type(read(connection, wrong), 'boolean');
    }
  t.end();
});

/** A message with its attribute of this type changed by `change`, which is given its value. */
const changed = (name: string, hexBefore: string, hexAfter: string): Uint8Array => {
  const hex = Buffer.from(findNetlinkFixture(name).bytes).toString('hex');
  if (!hex.includes(hexBefore)) throw new Error(`${name} has no ${hexBefore}`);
  return Uint8Array.from(Buffer.from(hex.replace(hexBefore, hexAfter), 'hex'));
};

t.test('lengths that an attribute cannot have are refused', (t) => {
  const cases = {
    'an attribute shorter than its header': ['0800030000000188', '0300030000000188'],
    'an attribute longer than the message': ['0800030000000188', 'ff7f030000000188'],
    'a mark of two octets': ['08000800cafe0001', '06000800cafe0001'],
    'an IPv4 address of two octets': ['080001000a090001', '060001000a090001'],
    'a port of one octet': ['06000200a19e0000', '05000200a19e0000'],
    'a zone of one octet': ['0c001b0018ea1036', '05001200180a1036'],
    'an event time of four octets': ['0c001b0018ea1036', '08001b0018ea1036'],
  } as const;
  for (const [what, [before, after]] of Object.entries(cases))
    t.notOk(read(undefined, changed('new-udp-mark', before, after)), what);
  t.notOk(read(undefined, changed('new-tcp-helper', '0500010001000000', '0600010001000000')), 'a state');
  t.notOk(read(undefined, changed('destroy-icmp', '0c00010000000000', '0b00010000000000')), 'a counter');
  t.end();
});

t.test('without family, tuple, address or protocol it is no connection', (t) => {
  t.notOk(read(undefined, changed('new-icmp', '0000000002000000', '0000000007000000')), 'AF_BRIDGE');
  t.notOk(read(undefined, changed('new-icmp', '3c000280', '3c001e80')), 'no reply');
  t.notOk(read(undefined, changed('new-icmp', '080001007f000001', '080009007f000001')), 'no source');
  t.notOk(read(undefined, changed('new-icmp', '0500010001000000', '0500110001000000')), 'no protocol');
  t.end();
});

t.test('what is not known is passed over', (t) => {
  const connection = makeConnection();
  t.ok(read(connection, changed('new-udp-mark', '08000800cafe0001', '0800630001020304')));
  t.equal(connection.mark, 0);
  t.equal(connection.id, 264374480);
  t.end();
});

t.test('flags tell new, update and dump apart; the type of a type is 14 bits', (t) => {
  const connection = makeConnection();
  t.ok(read(connection, changed('new-icmp', 'b000000000010006', 'b000000000010004')));
  t.equal(connection.kind, 'update', 'created, but not exclusively');
  t.ok(read(connection, changed('new-icmp', '3c000180', '3c000100')));
  t.equal(connection.original.icmpType, 8, 'nested, without the bit that says so');
  t.end();
});

t.test('counters are exact to 2^53', (t) => {
  const connection = makeConnection();
  const big = changed('destroy-icmp', '0000000000000054', '001fffffffffffff');
  t.ok(read(connection, big));
  t.equal(connection.octets, 2 ** 53 - 1);
  t.equal(connection.reverseOctets, 84);
  t.end();
});

t.test('a flow that is offloaded has no timeout', (t) => {
  const connection = makeConnection();
  t.ok(read(connection, changed('dump-sctp', '0800070000000008', '0800630000000008')));
  t.equal(connection.timeoutSeconds, -1);
  t.end();
});

t.test('a helper ends with its NUL, or with the attribute; labels of zeros are none', (t) => {
  const connection = makeConnection();
  t.ok(read(connection, changed('new-tcp-helper', '0800010066747000', '0800010073697073')));
  t.equal(connection.helper, 'sips');
  const labels = `14001600${'20'.padEnd(16, '0')}${'10'.padEnd(16, '0')}`;
  t.ok(read(connection, changed('new-udp-labels', labels, `14001600${'0'.repeat(32)}`)));
  t.equal(connection.labels, '');
  t.end();
});
