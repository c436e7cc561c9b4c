import { Writable } from 'node:stream';
import t from 'tap';
import { Decoder } from '../../../collector/decode/decode-datagram.ts';
import { JsonSink } from '../../../collector/decode-file/json-sink.ts';
import { LineWriter } from '../../../collector/decode-file/line-writer.ts';
import { hexBytes, viewOf } from '../../support/capture-builder.ts';
import { announcement } from '../../support/element-announcement.ts';
import { ipfix, set, templateRecord } from '../../support/message-hex.ts';
import {
  ipfixDataSample,
  ipfixSample,
  netflow5Sample,
  netflow9Sample,
} from '../../support/message-samples.ts';

/** The lines that these datagrams from 192.0.2.9 make. */
const linesOf = async (...datagrams: readonly Uint8Array[]): Promise<string[]> => {
  let text = '';
  const out = new LineWriter(
    new Writable({
      write(chunk, _encoding, done) {
        text += chunk;
        done();
      },
    }),
  );
  const decoder = new Decoder(new JsonSink(out));
  const address = hexBytes('00000000000000000000ffff c0000209');
  for (const bytes of datagrams) {
    const place = {
      at: 0,
      end: bytes.length,
      address,
      addressAt: 0,
      exporterPort: 50000,
      receivedMicros: 1709208000e6,
    };
    decoder.datagram({ bytes, view: viewOf(bytes), ...place });
  }
  await out.end();
  return text.split('\n').slice(0, -1);
};

t.test('IPFIX flow records', async (t) => {
  const head =
    '{"_kind":"flow","_version":10,"_exporter":"192.0.2.9","_domain":42,"_template":256,"_datagram":0,' +
    '"_exportTime":"2024-02-29T12:02:08Z",';
  t.same(await linesOf(ipfixSample), [
    `${head}"sourceIPv4Address":"192.0.2.1","octetDeltaCount":258,"interfaceName":"eth","reverseOctetDeltaCount":5}`,
    `${head}"sourceIPv4Address":"192.0.2.2","octetDeltaCount":4294967295,"interfaceName":"lo","reverseOctetDeltaCount":0}`,
  ]);
});

t.test('NetFlow v9 options records', async (t) => {
  t.same(await linesOf(netflow9Sample), [
    '{"_kind":"options","_version":9,"_exporter":"192.0.2.9","_domain":5,"_template":257,"_datagram":0,' +
      '"_exportTime":"2024-02-29T12:02:08Z","_sysUpTime":4096,"_scope":{"system":3232235521},' +
      '"samplingInterval":100,"samplingAlgorithm":1}',
  ]);
});

t.test('NetFlow v5 by the names of IANA, without its padding', async (t) => {
  const [line = ''] = await linesOf(netflow5Sample);
  t.same(JSON.parse(line), {
    _kind: 'flow',
    _version: 5,
    _exporter: '192.0.2.9',
    _domain: 258,
    _template: 5,
    _datagram: 0,
    _exportTime: '2024-02-29T12:02:08.000001000Z',
    _sysUpTime: 8192,
    sourceIPv4Address: '192.0.2.1',
    destinationIPv4Address: '192.0.2.100',
    ipNextHopIPv4Address: '192.0.2.254',
    ingressInterface: 1,
    egressInterface: 2,
    packetDeltaCount: 3,
    octetDeltaCount: 256,
    flowStartSysUpTime: 4096,
    flowEndSysUpTime: 6144,
    sourceTransportPort: 50000,
    destinationTransportPort: 80,
    tcpControlBits: 18,
    protocolIdentifier: 6,
    ipClassOfService: 8,
    bgpSourceAsNumber: 65000,
    bgpDestinationAsNumber: 65001,
    sourceIPv4PrefixLength: 24,
    destinationIPv4PrefixLength: 16,
  });
});

t.test('records that waited for their Template have the datagram they came in', async (t) => {
  const records = (await linesOf(netflow9Sample, ipfixDataSample, ipfixSample)).map((line) =>
    JSON.parse(line),
  );
  t.same(
    records.map((r) => [r._datagram, r.sourceIPv4Address, r._exportTime]),
    [
      [0, undefined, '2024-02-29T12:02:08Z'],
      [1, '192.0.2.3', '2024-02-29T12:02:07Z'],
      [1, '192.0.2.4', '2024-02-29T12:02:07Z'],
      [2, '192.0.2.1', '2024-02-29T12:02:08Z'],
      [2, '192.0.2.2', '2024-02-29T12:02:08Z'],
    ],
  );
});

t.test('repeated elements, text that JSON must escape, and an unknown element', async (t) => {
  const [line = ''] = await linesOf(
    hexBytes(`
      000a 0044 65e07240 00000007 0000002a
      0002 0020  0100 0004  0046 0003  0046 0003  0052 0004  8001 0002 00003039  0000 0000
      0100 0014  000641 000651 22 0a 5c 61  beef  00000000`),
  );
  t.match(
    line,
    '"mplsTopLabelStackSection":["0x000641","0x000651"],"interfaceName":"\\"\\n\\\\a","pen12345/1":"0xbeef"}',
  );
});

t.test('elements that were announced, from then on', async (t) => {
  const data = set(256, '01 41');
  const flow = set(2, templateRecord(256, [[1, 1, 32473], [2, 1, 32473]])); // biome-ignore format: short
  const told = announcement([32473, 1, 1, 'count "x"'], [32473, 2, 13, '__proto__']);
  const lines = await linesOf(ipfix({}, flow, data, ...told, data));
  const values = lines.map((line) => line.slice(line.indexOf('"_exportTime"') + 37));
  t.same([values[0], values.at(-1)], ['"pen32473/1":"0x01","pen32473/2":"0x41"}', '"32473.countx":1,"32473.__proto__":"A"}']); // biome-ignore format: short
  t.match(
    values[1],
    /"_scope":\{"privateEnterpriseNumber":32473,"informationElementId":1\},"informationElementDataType":1,/,
  );
});
