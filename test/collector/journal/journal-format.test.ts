import t from 'tap';
import {
  baseOfSegmentFile,
  chunkCrc,
  readSegmentHeader,
  segmentFile,
  segmentHeaderBytes,
  writeSegmentHeader,
} from '../../../collector/journal/journal-format.ts';
import { hexBytes } from '../../support/capture-builder.ts';
import { chunksFrom, sealed } from '../../support/segment-bytes.ts';

const header = {
  format: 1,
  base: 0x1_2345_6789,
  journalId: '000102030405060708090a0b0c0d0e0f',
  createdMicros: 1_700_000_000_000_000,
};
/** CRC-32 (IEEE 802.3) of the 60 octets before it was worked out by another program. */
const literal = hexBytes(`
  464c4a53 01000000 8967452301000000 000102030405060708090a0b0c0d0e0f
  00401e18240a0600 0000000000000000 0000000000000000 00000000 d0970c79`);

t.test('a header of a segment, octet by octet', async (t) => {
  t.equal(segmentHeaderBytes, 64);
  t.same(Buffer.from(writeSegmentHeader(header)).toString('hex'), Buffer.from(literal).toString('hex'));
  t.same(readSegmentHeader(literal), header);
  const inside = new Uint8Array([...[1, 2, 3], ...literal, 9]);
  t.same(readSegmentHeader(inside.subarray(3)), header, 'at any place in memory, whatever follows');
});

t.test('what is no header', async (t) => {
  t.equal(readSegmentHeader(literal.subarray(0, 63)), undefined, 'cut off');
  for (let bit = 0; bit < 8 * segmentHeaderBytes; bit++) {
    const damaged = literal.slice();
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    if (readSegmentHeader(damaged) !== undefined) t.fail(`bit ${bit} turned is not noticed`);
  }
  t.match(
    readSegmentHeader(writeSegmentHeader({ ...header, format: 2 })),
    { format: 2 },
    'newer: for the caller',
  );
});

t.test('names of segments sort as their positions do', async (t) => {
  t.equal(segmentFile(0), '0000000000000000.flj');
  t.equal(segmentFile(67_108_864), '0000000067108864.flj');
  t.equal(baseOfSegmentFile('0000000067108864.flj'), 67_108_864);
  t.equal(baseOfSegmentFile('9007199254740991.flj'), Number.MAX_SAFE_INTEGER);
  for (const name of [
    '67108864.flj',
    '0000000067108864.flj~',
    '9007199254740992.flj',
    'journal.json',
    'x0000000067108864.flj',
  ])
    t.equal(baseOfSegmentFile(name), undefined, name);
});

t.test('the CRC of a chunk is that of all octets but its own', async (t) => {
  const [chunk = new Uint8Array(0)] = chunksFrom(4096, [[10, 20]]);
  const stored = new DataView(chunk.buffer).getUint32(16, true);
  t.equal(chunkCrc(chunk, chunk.length), stored);
  const longer = new Uint8Array([...chunk, 1, 2, 3]);
  t.equal(chunkCrc(longer, chunk.length), stored, 'what lies behind the octets in use does not count');
  const other = chunk.slice();
  other[100] = (other[100] ?? 0) ^ 1;
  t.not(chunkCrc(other, other.length), stored);
  t.same(sealed(chunk), chunk);
});
