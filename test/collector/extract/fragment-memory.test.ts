import t from 'tap';
import { FragmentMemory } from '../../../collector/extract/fragment-memory.ts';
import { absent, makePacketFacts, type PacketFacts } from '../../../collector/filter/packet-facts.ts';

const fragment = (facts: Partial<PacketFacts> = {}): PacketFacts => ({
  ...makePacketFacts(),
  ...{ family: 4, protocol: 17, src2: 0xffff, src3: 1, dst2: 0xffff, dst3: 2 },
  ...facts,
});
const first = fragment({ srcPort: 53, dstPort: 4000, tcpFlags: 2, icmpType: 8, icmpCode: 1, micros: 100e6 });

const portOf = (memory: FragmentMemory, later: PacketFacts, identification = 7): number => {
  memory.complete(later, identification);
  return later.srcPort;
};

t.test('a later fragment has what the first one said', async (t) => {
  const memory = new FragmentMemory();
  memory.remember(first, 7);
  const later = fragment({ micros: 100e6 });
  memory.complete(later, 7);
  t.same({ ...later }, { ...first });
});

t.test('and no other does', async (t) => {
  const memory = new FragmentMemory();
  t.equal(portOf(memory, fragment()), absent, 'nothing is known');
  memory.remember(first, 7);
  const micros = 100e6;
  t.equal(portOf(memory, fragment({ micros }), 8), absent, 'identification');
  for (const changed of [
    { src3: 9 },
    { dst3: 9 },
    { src0: 9 },
    { dst1: 9 },
    { protocol: 6 },
    { micros: 131e6 },
  ])
    t.equal(portOf(memory, fragment({ micros, ...changed })), absent, JSON.stringify(changed));
  t.equal(portOf(memory, fragment({ micros: 130e6 })), 53, '30 seconds later');
});

t.test('a newer datagram takes the place of an older one; memory is bounded', async (t) => {
  const memory = new FragmentMemory();
  for (let i = 0; i < 50_000; i++)
    memory.remember(fragment({ src3: i, srcPort: i & 0xffff, micros: i }), i & 0xffff);
  let known = 0;
  for (let i = 0; i < 50_000; i++)
    if (portOf(memory, fragment({ src3: i, micros: 50_000 }), i & 0xffff) !== absent) known++;
  t.ok(known > 4000 && known <= 8192, `${known} are known`);
  t.equal(portOf(memory, fragment({ src3: 49_999, micros: 50_000 }), 49_999), 49_999, 'the newest is');
});
