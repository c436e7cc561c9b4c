import t from 'tap';
import { Decoder } from '../../../collector/decode/decode-datagram.ts';
import {
  type DecodeSummary,
  formatSummary,
  summarize,
} from '../../../collector/decode-file/decode-summary.ts';
import { viewOf } from '../../support/capture-builder.ts';
import { brokenSample, ipfixDataSample, ipfixSample, netflow9Sample } from '../../support/message-samples.ts';

const capture = { packets: 9, unknownLinkType: 2, cutDatagrams: 0, incompletePackets: 1 };
const nobody = { flowRecords: () => undefined, optionsRecords: () => undefined };

t.test('adds up all domains and all reasons', async (t) => {
  const decoder = new Decoder(nobody);
  const address = new Uint8Array(16);
  const otherDomain = ipfixDataSample.slice();
  otherDomain[15] = 43;
  for (const bytes of [ipfixSample, netflow9Sample, brokenSample, brokenSample, otherDomain]) {
    const place = {
      at: 0,
      end: bytes.length,
      address,
      addressAt: 0,
      exporterPort: 50000,
      receivedMicros: 1e15,
    };
    decoder.datagram({ bytes, view: viewOf(bytes), ...place });
  }
  t.same(summarize(decoder, capture), {
    packets: 9,
    datagrams: 5,
    records: { flow: 2, options: 1 },
    templates: 4,
    reasons: { 'set-length': 2, 'unknown-template': 1, 'unknown-link-type': 2, 'incomplete-packet': 1 },
  });
});

t.test('for people and for programs', async (t) => {
  const summary: DecodeSummary = {
    packets: 3,
    datagrams: 1,
    records: { flow: 2, options: 0 },
    templates: 1,
    reasons: { 'set-length': 1, 'unknown-template': 2 },
  };
  t.equal(
    formatSummary(summary, 'text'),
    [
      '1 datagram, 2 flow records, 0 options records, 1 Template Record',
      'not decoded: unknown-template 2 (Data Sets whose Template never came)',
      'not decoded: set-length 1 (A Set is shorter than its header, or ends behind the Message)',
      '',
    ].join('\n'),
  );
  t.same(JSON.parse(formatSummary(summary, 'json')), summary);
  t.match(formatSummary(summary, 'json'), /^[^\n]*\n$/);
  t.equal(
    formatSummary({ ...summary, datagrams: 0, reasons: {} }, 'text'),
    '3 packets, none of them NetFlow v5, v9 or IPFIX over UDP\n',
  );
});

t.test('every reason has its sentence', async (t) => {
  const reasons = { 'cut-datagram': 1, 'unknown-link-type': 1, 'incomplete-packet': 1, 'record-overrun': 1 };
  const summary = { packets: 1, datagrams: 1, records: { flow: 0, options: 0 }, templates: 0, reasons };
  for (const line of formatSummary(summary, 'text').trim().split('\n').slice(1))
    t.match(line, /^not decoded: \S+ 1 \(.+\)$/);
});
