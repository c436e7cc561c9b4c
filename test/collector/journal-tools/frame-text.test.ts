import t from 'tap';
import { formatFrameJson, formatFrameLine } from '../../../collector/journal-tools/frame-text.ts';
import { ChunkReader } from '../../../collector/receive/chunk-reader.ts';
import { hexBytes, joinBytes, viewOf } from '../../support/capture-builder.ts';
import { chunkOf } from '../../support/chunk-bytes.ts';

const micros = 1_704_067_200_000_001;
const ipfix = hexBytes(`
  000a 0038 65606e00 00000005 00000007
  0002 000c 0100 0001 0008 0004
  0100 0008 c0000201  0101 0004  0100 0008 c0000202  0005 0004  0000
`);
const netflow5 = hexBytes('0005 0002 00000001 65606e00 00000000 0000001e 0000 0000');

const frameOf = (payload: Uint8Array, address?: string, kind = 1): ChunkReader => {
  const chunk = chunkOf([address === undefined ? { payload, micros } : { payload, micros, address }]);
  chunk[36] = kind;
  const frame = new ChunkReader();
  frame.open(chunk, chunk.length);
  frame.next();
  return frame;
};

t.test('a line for people', async (t) => {
  t.equal(
    formatFrameLine(frameOf(ipfix)),
    '2024-01-01T00:00:00.000001Z  192.0.2.9:50000        -> 2055     54 B  IPFIX  domain 7  sequence 5  ' +
      'Templates 256  data 256*2 257  message-length: The IPFIX Message Length is not the length of the datagram.\n',
  );
  t.equal(
    formatFrameLine(frameOf(netflow5, '20010db8000000000000000000000001')),
    '2024-01-01T00:00:00.000001Z  [2001:db8::1]:50000    -> 2055     24 B  NetFlow v5  domain 0  sequence 30  records 2\n',
  );
  t.match(
    formatFrameLine(frameOf(hexBytes('0007'))),
    '  2 B  version 7  unknown-version: The first two octets',
  );
});

t.test('no more than 16 ids of a kind', async (t) => {
  const sets = Array.from({ length: 20 }, (_, i) => new Uint8Array([1, i, 0, 4]));
  const bytes = joinBytes(hexBytes('000a 0060 65606e00 00000005 00000007'), ...sets);
  viewOf(bytes).setUint16(2, bytes.length);
  t.match(formatFrameLine(frameOf(bytes)), /data 256 257 .* 271 and more\n$/);
});

t.test('control frames, and frames of a later version', async (t) => {
  const said = Buffer.from('{"refused":2,"exporters":[["\\u001b[2J",2,0]]}');
  t.equal(
    formatFrameLine(frameOf(said, undefined, 2)),
    '2024-01-01T00:00:00.000001Z  lost: 2 datagrams refused (\\u001b[2J 2 refused)\n',
  );
  t.same(JSON.parse(formatFrameJson(frameOf(Buffer.from('{"refused":2}'), undefined, 2), false)), {
    position: 32,
    time: '2024-01-01T00:00:00.000001Z',
    kind: 2,
    control: { refused: 2 },
    length: 13,
  });
  t.match(formatFrameLine(frameOf(said, undefined, 3)), 'frame of kind 3, which is not known');
  t.match(JSON.parse(formatFrameJson(frameOf(said, undefined, 3), false)), { kind: 3, length: said.length });
});

t.test('as JSON', async (t) => {
  const expected = {
    position: 32,
    time: '2024-01-01T00:00:00.000001Z',
    exporter: '192.0.2.9',
    port: 50000,
    localPort: 2055,
    version: 10,
    domain: 7,
    sequence: 5,
    length: 54,
    templates: [256],
    optionsTemplates: [],
    dataSets: [256, 257, 256],
    problem: 'message-length',
  };
  t.same(JSON.parse(formatFrameJson(frameOf(ipfix), false)), expected);
  const payload = Buffer.from(ipfix).toString('hex');
  t.same(JSON.parse(formatFrameJson(frameOf(ipfix), true)), { ...expected, payload });
  t.same(JSON.parse(formatFrameJson(frameOf(netflow5), false)), {
    position: 32,
    time: '2024-01-01T00:00:00.000001Z',
    exporter: '192.0.2.9',
    port: 50000,
    localPort: 2055,
    version: 5,
    domain: 0,
    sequence: 30,
    length: 24,
    records: 2,
  });
});
