import { Writable } from 'node:stream';
import t from 'tap';
import { Decoder } from '../../../collector/decode/decode-datagram.ts';
import { LineWriter } from '../../../collector/decode-file/line-writer.ts';
import { TableSink } from '../../../collector/decode-file/table-sink.ts';
import { hexBytes, viewOf } from '../../support/capture-builder.ts';
import { announcement } from '../../support/element-announcement.ts';
import { ipfix, set, templateRecord } from '../../support/message-hex.ts';
import { brokenSample, ipfixDataSample, ipfixSample, netflow9Sample } from '../../support/message-samples.ts';

const listing = async (...datagrams: readonly Uint8Array[]): Promise<string> => {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  const out = new LineWriter(stream);
  const sink = new TableSink(out);
  const decoder = new Decoder(sink);
  const address = hexBytes('00000000000000000000ffff c0000209');
  for (const bytes of datagrams) {
    const datagram = {
      bytes,
      view: viewOf(bytes),
      at: 0,
      end: bytes.length,
      address,
      addressAt: 0,
      exporterPort: 50000,
      localPort: 4739,
      receivedMicros: 1709208130000001,
    };
    sink.begin(datagram, decoder);
    decoder.datagram(datagram);
    sink.end();
  }
  await out.end();
  return text;
};

t.test('header, Template and records of a datagram', async (t) => {
  t.equal(
    await listing(ipfixSample),
    `datagram 0  2024-02-29T12:02:10.000001Z  192.0.2.9 port 50000 to port 4739  80 octets
  IPFIX, domain 42, sequence 7, exported 2024-02-29T12:02:08Z, length 80
  Template 256 (new): 4 fields, at least 13 octets a record
    sourceIPv4Address       8        4 octets  ipv4Address
    octetDeltaCount         1        4 octets  unsigned64
    interfaceName           82       variable  string
    reverseOctetDeltaCount  29305/1  4 octets  unsigned64
  flow record 1 of 2 (Template 256)
    sourceIPv4Address       192.0.2.1
    octetDeltaCount         258
    interfaceName           eth
    reverseOctetDeltaCount  5
  flow record 2 of 2 (Template 256)
    sourceIPv4Address       192.0.2.2
    octetDeltaCount         4294967295
    interfaceName           lo
    reverseOctetDeltaCount  0

`,
  );
});

t.test('options with their scope', async (t) => {
  const lines = (await listing(netflow9Sample)).split('\n').slice(2);
  t.same(lines, [
    '  Options Template 257 (new): 3 fields, 9 octets a record',
    '    scope  system             1   4 octets',
    '           samplingInterval   34  4 octets  unsigned32',
    '           samplingAlgorithm  35  1 octet   unsigned8',
    '  options record 1 of 1 (Template 257)',
    '    scope system       3232235521',
    '    samplingInterval   100',
    '    samplingAlgorithm  1',
    '',
    '',
  ]);
});

t.test('what was not decoded, and what waits', async (t) => {
  const text = await listing(brokenSample, ipfixDataSample, ipfixSample, brokenSample);
  const broken =
    '  not decoded: set-length 1 (A Set is shorter than its header, or ends behind the Message)\n';
  t.equal(text.split(broken).length, 3, 'once for each broken datagram');
  t.match(text, '  1 Data Set waiting for a Template\n\ndatagram 2 ');
  t.match(text, '  flow record 1 of 2 (Template 256), waiting since datagram 1\n');
});

t.test('a datagram that is cut in its header', async (t) => {
  const text = await listing(ipfixSample.slice(0, 7));
  t.match(text, '  version 10, cut off in its header\n  not decoded: truncated-header 1 (');
});

t.test('control characters from the wire do not reach the terminal', async (t) => {
  const evil = ipfixSample.slice();
  evil.set(hexBytes('1b5b6d'), ipfixSample.indexOf(0x65, 40));
  const text = await listing(evil);
  t.match(text, 'interfaceName           \\u{1b}[m\n');
  t.notMatch(text, '\u001b');
});

t.test('elements that were announced: in Templates and records', async (t) => {
  const flow = set(2, templateRecord(256, [[1, 1, 32473]])); // biome-ignore format: short
  const text = await listing(ipfix({}, ...announcement([32473, 1, 1, 'count']), flow, set(256, '07')));
  t.match(text, '    32473.count  32473/1  1 octet  unsigned8\n');
  t.match(text, '    32473.count  7\n');
});
