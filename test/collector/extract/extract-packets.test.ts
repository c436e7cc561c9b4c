import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { type ExtractProgress, extractPackets } from '../../../collector/extract/extract-packets.ts';
import { compilePacketFilter } from '../../../collector/filter/compile-packet-filter.ts';
import { CaptureError } from '../../../shared/capture/capture-error.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { hexBytes, joinBytes, pcapBytes } from '../../support/capture-builder.ts';
import { ethernet, ip, udp } from '../../support/mixed-packets.ts';

const frame = (port: number, payloadBytes = 10): Uint8Array =>
  ethernet(0x0800, ip({ src: '10.1.0.1', dst: '192.0.2.9', protocol: 17 }, udp(port, 9, payloadBytes)));
/** Of 16 + 14 + 20 + 8 + 10 octets each, behind a header of 24. */
const recordBytes = 68;
const capture = pcapBytes([1, 2, 3, 1, 2].map((port) => frame(port)));
const recordAt = (index: number): Uint8Array =>
  capture.subarray(24 + index * recordBytes, 24 + (index + 1) * recordBytes);
const expected = (...indexes: readonly number[]): Uint8Array =>
  joinBytes(capture.subarray(0, 24), ...indexes.map(recordAt));
const second = 1_704_067_200_000_007;

const extract = async (folder: string, bytes: Uint8Array, filter: string, count?: number) => {
  const [input, output] = [join(folder, 'in'), join(folder, 'out')];
  writeFileSync(input, bytes);
  const result = await extractPackets(input, output, compilePacketFilter(filter), { count });
  return { result, octets: new Uint8Array(readFileSync(output)) };
};

t.test('the octets of what is taken, and how much it was', async (t) => {
  const { result, octets } = await extract(t.testdir(), capture, 'src port in [2 3]');
  t.same(octets, expected(1, 2, 4));
  t.same(result, {
    packets: 5,
    taken: 3,
    readBytes: capture.length,
    writtenBytes: 24 + 3 * recordBytes,
    firstMicros: second + 1e6,
    lastMicros: second + 4e6,
  });
});

t.test('nothing, and everything', async (t) => {
  const none = await extract(t.testdir(), capture, 'tcp');
  t.same(none.octets, capture.subarray(0, 24), 'a capture without packets');
  t.match(none.result, { taken: 0, firstMicros: undefined });
  t.same((await extract(t.testdir(), capture, '')).octets, capture);
  t.same((await extract(t.testdir(), gzipSync(capture), 'src port 3')).octets, expected(2), 'packed');
});

t.test('so many at most', async (t) => {
  const { result, octets } = await extract(t.testdir(), capture, 'src port 1', 1);
  t.same(octets, expected(0));
  t.match(result, { packets: 1, taken: 1 });
});

t.test('larger than all buffers', async (t) => {
  const frames = Array.from({ length: 9000 }, (_, i) => frame(i % 3, (i * 7) % 1400));
  const { result, octets } = await extract(t.testdir(), pcapBytes(frames), 'src port 1');
  const record = (i: number): Uint8Array => {
    const [only] = [pcapBytes([frames[i] as Uint8Array]).slice(24)];
    new DataView(only?.buffer as ArrayBuffer).setUint32(0, 1_704_067_200 + i, true);
    return only as Uint8Array;
  };
  const wanted = frames.flatMap((_, i) => (i % 3 === 1 ? [record(i)] : []));
  t.equal(result.taken, 3000);
  t.ok(Buffer.from(octets).equals(joinBytes(capture.subarray(0, 24), ...wanted)));
});

/** Blocks of a pcapng, little-endian. */
const u32 = (...values: readonly number[]): Uint8Array => new Uint8Array(new Uint32Array(values).buffer);
const block = (type: number, body: Uint8Array): Uint8Array =>
  joinBytes(u32(type, 12 + body.length), body, u32(12 + body.length));
const section = hexBytes('0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffffffffffff 1c000000');
const ethernetInterface = block(1, hexBytes('01000000 00000400 09000100 09000000 00000000'));
const rawInterface = block(1, hexBytes('65000000 00000400'));
const packetBlock = (interfaceId: number, bytes: Uint8Array): Uint8Array => {
  const padded = joinBytes(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4));
  // With a comment of two octets behind the packet.
  return block(
    6,
    joinBytes(
      u32(interfaceId, 0x17a5, 0xa0c7a4d7, bytes.length, bytes.length),
      padded,
      hexBytes('01000200 68690000 00000000'),
    ),
  );
};

t.test('pcapng: only packets are chosen', async (t) => {
  const names = block(4, hexBytes('01000800 c0000209 61626300 00000000'));
  const secrets = block(10, hexBytes('4b534c54 04000000 61626364'));
  const unknown = block(0x40000bad, hexBytes('01020304'));
  const inside = frame(2).subarray(14);
  const wanted = [packetBlock(0, frame(2)), packetBlock(1, inside), packetBlock(0, frame(2, 3))];
  const parts = [
    ...[section, ethernetInterface, packetBlock(0, frame(1)), names, rawInterface, secrets],
    ...[wanted[0], packetBlock(1, frame(3).subarray(14)), wanted[1], unknown],
    ...[section, ethernetInterface, wanted[2], packetBlock(0, frame(1)), names],
  ] as Uint8Array[];
  const { result, octets } = await extract(t.testdir(), joinBytes(...parts), 'src port 2');
  const others = [section, ethernetInterface, names, rawInterface, secrets];
  t.same(
    Buffer.from(octets).toString('hex'),
    Buffer.from(
      joinBytes(
        ...others,
        ...(wanted.slice(0, 2) as Uint8Array[]),
        unknown,
        section,
        ethernetInterface,
        wanted[2] as Uint8Array,
        names,
      ),
    ).toString('hex'),
  );
  t.match(result, { packets: 6, taken: 3, firstMicros: Math.floor((0x17a5 * 2 ** 32 + 0xa0c7a4d7) / 1000) });
});

t.test('what was before damage is written', async (t) => {
  const cut = await extract(t.testdir(), capture.subarray(0, -1), 'src port 2');
  t.same(cut.octets, expected(1));
  t.match(cut.result.warning, /^the capture was cut off: it ends inside a packet/);
  const packed = await extract(t.testdir(), gzipSync(pcapBytes([frame(2)])).subarray(0, -9), 'src port 2');
  t.match(packed.result.warning, /gzip file is damaged or cut off/);
  const strange = await extract(t.testdir(), pcapBytes([frame(2)], 147), 'src port 2');
  t.equal(strange.result.warning, 'packets of link type 147 cannot be read: convert the capture to Ethernet');
  t.equal((await extract(t.testdir(), pcapBytes([frame(2)], 147), 'any')).result.warning, undefined);
});

t.test('what is no capture leaves the output alone', async (t) => {
  const folder = t.testdir({ in: 'no capture', empty: '', out: 'as it was' });
  const [input, output] = [join(folder, 'in'), join(folder, 'out')];
  const all = () => true;
  await t.rejects(extractPackets(input, output, all), CaptureError);
  await t.rejects(extractPackets(join(folder, 'empty'), output, all), /the file is empty/);
  await t.rejects(extractPackets(join(folder, 'none'), output, all), ConfigError);
  t.equal(readFileSync(output, 'utf8'), 'as it was');
  writeFileSync(input, capture);
  await t.rejects(extractPackets(input, input, all), /this is the capture that is read/);
  t.same(new Uint8Array(readFileSync(input)), capture);
});

t.test('progress', async (t) => {
  const folder = t.testdir();
  const input = join(folder, 'in');
  writeFileSync(input, capture);
  const seen: ExtractProgress[] = [];
  await extractPackets(input, join(folder, 'out'), () => true, { onProgress: (one) => seen.push(one) });
  t.same(seen, [{ readBytes: capture.length, totalBytes: capture.length, packets: 5, taken: 5 }]);
});
