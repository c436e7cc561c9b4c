import t from 'tap';
import { chunkMagic, frameBytes, frameHeaderBytes } from '../../../collector/receive/frame.ts';

t.test('a frame is padded to eight octets', async (t) => {
  t.equal(frameHeaderBytes, 40);
  t.same([0, 1, 8, 9, 1456, 65507].map(frameBytes), [40, 48, 48, 56, 1496, 65552]);
});

t.test('the magic reads FLC1 in a dump', async (t) => {
  const octets = Buffer.alloc(4);
  octets.writeUInt32LE(chunkMagic);
  t.equal(octets.toString('latin1'), 'FLC1');
});
