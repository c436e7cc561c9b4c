import t from 'tap';
import { CaptureError } from '../../../shared/capture/capture-error.ts';
import { CaptureReader } from '../../../shared/capture/capture-reader.ts';
import { hexBytes, pcapBytes } from '../../support/capture-builder.ts';

const pcapng = `
  0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000
  01000000 14000000 0100 0000 00000000 14000000
  03000000 14000000 02000000 aabb0000 14000000`;

const read = (bytes: Uint8Array, pieceBytes = Math.max(1, bytes.length)): string[] => {
  const reader = new CaptureReader();
  const octets = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    reader.push(bytes.slice(at, at + pieceBytes));
    for (let packet = reader.next(); packet; packet = reader.next()) {
      octets.push(Buffer.from(packet.bytes.subarray(packet.at, packet.end)).toString('hex'));
    }
  }
  reader.end();
  return octets;
};

t.test('tells the formats apart', async (t) => {
  const pcap = pcapBytes([hexBytes('0102'), hexBytes(''), hexBytes('030405')]);
  for (const pieceBytes of [1, 3, 1000]) {
    t.same(read(pcap, pieceBytes), ['0102', '', '030405']);
    t.same(read(hexBytes(pcapng), pieceBytes), ['aabb']);
  }
  t.same(read(pcapBytes([])), [], 'a capture without packets');
});

t.test('what is no capture, or not a whole one', async (t) => {
  t.throws(() => read(hexBytes('7f454c46 02010100')), /neither pcap nor pcapng \(at octet 0\)/);
  t.throws(() => read(new Uint8Array(0)), /the file is empty/);
  t.throws(() => read(hexBytes('a1b2')), /ends in its header/);
  t.throws(() => read(hexBytes('a1b2c3d4 0002')), /ends in its header/);
  const cut = pcapBytes([hexBytes('0102'), hexBytes('0304')]).slice(0, -1);
  t.throws(() => read(cut), {
    message: 'the capture was cut off: it ends inside a packet (at octet 42)',
    offset: 42,
  });
  t.throws(() => read(cut), CaptureError);
});

/** The octets of every block, with a mark before those that are no packets. */
const blocks = (bytes: Uint8Array, pieceBytes: number): string[] => {
  const reader = new CaptureReader({ tellsHeaders: true });
  const found: string[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    reader.push(bytes.slice(at, at + pieceBytes));
    for (let one = reader.next(); one; one = reader.next()) {
      const octets = Buffer.from(one.bytes.subarray(one.blockAt, one.blockEnd)).toString('hex');
      found.push(`${one.isHeader ? '# ' : ''}${octets}`);
    }
  }
  reader.end();
  return found;
};

t.test('for a copy, all blocks are told', async (t) => {
  const pcap = pcapBytes([hexBytes('0102'), hexBytes('03')]);
  // A Name Resolution Block at the end.
  const withNames = hexBytes(`${pcapng} 04000000 10000000 00000000 10000000`);
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  for (const pieceBytes of [1, 5, 1000]) {
    t.same(blocks(pcap, pieceBytes), [
      `# ${hex(pcap.subarray(0, 24))}`,
      hex(pcap.subarray(24, 42)),
      hex(pcap.subarray(42)),
    ]);
    t.same(blocks(withNames, pieceBytes), [
      `# ${hex(withNames.subarray(0, 28))}`,
      `# ${hex(withNames.subarray(28, 48))}`,
      hex(withNames.subarray(48, 68)),
      `# ${hex(withNames.subarray(68))}`,
    ]);
  }
});
