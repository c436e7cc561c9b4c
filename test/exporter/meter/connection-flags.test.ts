import t from 'tap';
import { synthesizeTcpFlags } from '../../../exporter/meter/connection-flags.ts';

const unreplied = 0x8;
const replied = 0xa;
const assured = 0xe;
const states = (...seen: readonly number[]): number => seen.reduce((bits, state) => bits | (1 << state), 0);

t.test('flags of the states that were seen', async (t) => {
  t.equal(synthesizeTcpFlags(states(1), unreplied), 0x0002, 'SYN_SENT');
  t.equal(synthesizeTcpFlags(states(1, 2), replied), 0x1202, 'SYN_RECV');
  t.equal(synthesizeTcpFlags(states(1, 9), replied), 0x0202, 'SYN from both');
  t.equal(synthesizeTcpFlags(states(3), assured), 0x1212, 'ESTABLISHED');
  for (const state of [4, 5, 6, 7])
    t.equal(synthesizeTcpFlags(states(state), assured), 0x1313, `a FIN: state ${state}`);
  t.equal(synthesizeTcpFlags(0, assured), 0x1212, 'no state');
});

t.test('RST', async (t) => {
  t.equal(synthesizeTcpFlags(states(8), unreplied), 0x0402, 'the only answer');
  t.equal(synthesizeTcpFlags(states(8), assured), 0x1616, 'of an open connection, by whomever');
  t.equal(synthesizeTcpFlags(states(1, 2, 8), replied), 0x1606, 'of a half-open one');
  t.equal(synthesizeTcpFlags(states(3, 4, 8), assured), 0x1717, 'after a FIN');
});
