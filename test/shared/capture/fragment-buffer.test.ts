import t from 'tap';
import { FragmentBuffer, maxWaitingBytes } from '../../../shared/capture/fragment-buffer.ts';
import { makeIpPacket } from '../../../shared/capture/ip-packet.ts';

const start = 1_700_000_000_000_000;

/** Adds the octets `[at, at + length)` of a payload whose octet n is n modulo 251. */
const addTo = (buffer: FragmentBuffer, at: number, length: number, more: boolean, id = 1, micros = start) => {
  const bytes = new Uint8Array(8 + length).map((_, i) => (i < 8 ? 7 : (at + i - 8) % 251));
  const packet = { ...makeIpPacket(), protocol: 17, srcAt: 0, addressBytes: 4 as const, payloadAt: 8 };
  Object.assign(packet, { payloadEnd: 8 + length, fragmentAt: at, moreFragments: more, identification: id });
  return buffer.add(packet, bytes, micros);
};

const payload = (length: number): Uint8Array => new Uint8Array(length).map((_, i) => i % 251);

t.test('whole when the last missing one comes, in any order', async (t) => {
  const parts = [
    [0, 1480, true],
    [1480, 1480, true],
    [2960, 40, false],
  ] as const;
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
    [2, 0, 1],
  ]) {
    const buffer = new FragmentBuffer();
    const results = order.map((i) => {
      const [at, length, more] = parts[i] ?? [0, 0, false];
      return addTo(buffer, at, length, more);
    });
    t.same(results, [undefined, undefined, payload(3000)]);
    t.equal(buffer.waitingPackets, 0);
    t.equal(buffer.droppedPackets, 0);
  }
});

t.test('packets do not mix', async (t) => {
  const buffer = new FragmentBuffer();
  t.equal(addTo(buffer, 0, 8, true, 1), undefined);
  t.equal(addTo(buffer, 8, 8, false, 2), undefined);
  t.same(addTo(buffer, 8, 4, false, 1), payload(12));
  t.same(addTo(buffer, 0, 8, true, 2), payload(16));
});

t.test('repeated and overlapping fragments', async (t) => {
  const buffer = new FragmentBuffer();
  addTo(buffer, 0, 16, true);
  addTo(buffer, 0, 16, true);
  t.equal(addTo(buffer, 24, 8, false), undefined, 'enough octets, but a gap');
  t.same(addTo(buffer, 8, 16, true), payload(32));
  for (let i = 0; i < 200; i++) addTo(buffer, 0, 1480, true, 3);
  t.ok(buffer.droppedPackets > 0, 'the same one for ever');
  t.equal(addTo(buffer, 65528, 16, false, 4), undefined, 'behind the end of any packet');
  t.equal(addTo(buffer, 8, 0, true, 5), undefined, 'nothing at all');
});

t.test('what is never completed goes after a minute', async (t) => {
  const buffer = new FragmentBuffer();
  addTo(buffer, 0, 8, true, 1, start);
  addTo(buffer, 0, 8, true, 2, start + 30e6);
  addTo(buffer, 0, 8, true, 3, start + 61e6);
  t.equal(buffer.waitingPackets, 2);
  t.equal(buffer.droppedPackets, 1);
});

t.test('the memory of strangers is bounded', async (t) => {
  const buffer = new FragmentBuffer();
  for (let id = 0; id < 1000; id++) addTo(buffer, 0, 65000, true, id);
  t.equal(buffer.waitingPackets, Math.floor(maxWaitingBytes / 65000));
  t.equal(buffer.droppedPackets, 1000 - buffer.waitingPackets);
  const tiny = new FragmentBuffer();
  for (let id = 0; id < 20000; id++) addTo(tiny, 0, 8, true, id);
  t.equal(tiny.waitingPackets, 8192);
  const crumbs = new FragmentBuffer();
  for (let i = 0; i < 3000; i++) addTo(crumbs, 8 * i, 1, true);
  t.ok(crumbs.waitingPackets <= 1);
  t.equal(crumbs.droppedPackets, 2, 'a packet has no thousand fragments');
});
