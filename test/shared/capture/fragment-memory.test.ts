import t from 'tap';
import { FragmentMemory } from '../../../shared/capture/fragment-memory.ts';
import { absent, type PacketFacts } from '../../../shared/capture/packet-facts.ts';
import { hexBytes, viewOf } from '../../support/capture-builder.ts';
import { factsWith } from '../../support/packet-facts-of.ts';

const udpHeader = viewOf(hexBytes('ffff 0035 0fa0 0010 0000 6162 6364 6566 6768 696a'));
const fragment = (facts: Partial<PacketFacts> = {}): PacketFacts =>
  factsWith({
    ...{ family: 4, protocol: 17, src2: 0xffff, src3: 1, dst2: 0xffff, dst3: 2, micros: 100e6 },
    ...{ transport: udpHeader, transportAt: 20, transportEnd: 20 },
    ...facts,
  });
const first = fragment({ transportAt: 2 });

/** What the memory says is the source port. */
const portOf = (memory: FragmentMemory, later: PacketFacts, identification = 7): number =>
  memory.complete(later, identification) ? later.transport.getUint16(later.transportAt) : absent;

t.test('a later fragment has the transport of the first one', async (t) => {
  const memory = new FragmentMemory();
  memory.remember(first, 7);
  const later = fragment();
  t.equal(memory.complete(later, 7), true);
  t.equal(later.transportEnd - later.transportAt, 16, 'as much of it as anybody asks for');
  t.equal(later.transport.getUint32(later.transportAt), 0x00350fa0);
  t.equal(later.transport.getUint32(later.transportAt + 12), 0x65666768);
});

t.test('as much of it as was captured', async (t) => {
  const memory = new FragmentMemory();
  memory.remember(first, 7);
  memory.remember(fragment({ transportAt: 2, transportEnd: 5 }), 7);
  const later = fragment();
  memory.complete(later, 7);
  t.equal(later.transportEnd - later.transportAt, 3);
});

t.test('and no other does', async (t) => {
  const memory = new FragmentMemory();
  t.equal(portOf(memory, fragment()), absent, 'nothing is known');
  memory.remember(first, 0xfffffff0);
  t.equal(portOf(memory, fragment(), 0xfffffff1), absent, 'identification');
  for (const changed of [
    { src3: 9 },
    { dst3: 9 },
    { src0: 9 },
    { dst1: 9 },
    { protocol: 6 },
    { micros: 131e6 },
    { micros: 60e6 },
  ]) {
    const later = fragment(changed);
    t.equal(portOf(memory, later, 0xfffffff0), absent, JSON.stringify(changed));
    t.equal(later.transportAt, 20, 'and stays as it is');
  }
  t.equal(portOf(memory, fragment({ micros: 130e6 }), 0xfffffff0), 53, '30 seconds later');
});

t.test('a newer packet takes the place of an older one; memory is bounded', async (t) => {
  const memory = new FragmentMemory();
  for (let i = 0; i < 50_000; i++)
    memory.remember(fragment({ transportAt: 2, src3: i, micros: i }), i & 0xffff);
  let known = 0;
  for (let i = 0; i < 50_000; i++)
    if (portOf(memory, fragment({ src3: i, micros: 50_000 }), i & 0xffff) !== absent) known++;
  t.ok(known > 4000 && known <= 8192, `${known} are known`);
  t.equal(portOf(memory, fragment({ src3: 49_999, micros: 50_000 }), 49_999), 53, 'the newest is');
});
