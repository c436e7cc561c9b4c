import t from 'tap';
import { compileSelection, type SaidSelection } from '../../../collector/extract/select-packets.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { ethernet, ip, tcp } from '../../support/mixed-packets.ts';
import { packetFactsOf } from '../../support/packet-facts-of.ts';

const context = { nowMicros: Date.parse('2024-01-01T12:00Z') * 1000, zone: 'UTC' };

/** At 2024-01-01 00:00:00.000007, :01, :02, :03 */
const facts = packetFactsOf(
  [1, 2, 3, 4].map((port) =>
    ethernet(0x0800, ip({ src: '10.1.0.1', dst: '192.0.2.9', protocol: 6 }, tcp(port, 80, 2))),
  ),
);
const passed = (said: SaidSelection): number[] => {
  const test = compileSelection(said, context);
  return facts.flatMap((one, i) => (test(one) ? [i] : []));
};

t.test('each option, and all of them', async (t) => {
  t.same(passed({}), [0, 1, 2, 3]);
  t.same(passed({ filter: 'src port > 2' }), [2, 3]);
  const [first, last] = ['tcp 10.1.0.1:1 192.0.2.9:80', 'tcp 192.0.2.9:80 10.1.0.1:4'];
  t.same(passed({ connection: [first, last] }), [0, 3]);
  t.same(passed({ connection: [first, last], filter: 'src port > 2' }), [3]);
  t.same(passed({ from: '2024-01-01T00:00:01', to: '2024-01-01T00:00:03' }), [1, 2]);
  t.same(passed({ from: '2024-01-01T00:00:01', filter: 'src port 4' }), [3]);
});

t.test('times', async (t) => {
  t.same(passed({ to: '00:00:02' }), [0, 1], 'of today');
  t.same(passed({ from: '00:00:01.000007', to: '00:00:02.000007' }), [1], 'from, and before');
  t.same(passed({ from: 'today' }), [0, 1, 2, 3]);
  t.same(passed({ from: 'yesterday' }), [], 'a day ends');
  t.same(passed({ from: 'yesterday', to: 'now' }), [0, 1, 2, 3]);
});

t.test('mistakes', async (t) => {
  t.throws(() => passed({ from: 'soon' }), /--from soon: not a time. Times are/);
  t.throws(
    () => passed({ from: '10:00', to: '09:00' }),
    /--from 10:00 is not before --to 09:00: the range is empty/,
  );
  for (const said of [{ to: 'x' }, { filter: 'bps > 1' }, { connection: ['tcp'] }])
    t.throws(() => passed(said), ConfigError);
});
