import t from 'tap';
import { describeMessageHeader } from '../../../collector/decode-file/message-header-text.ts';
import { viewOf } from '../../support/capture-builder.ts';
import { ipfixSample, netflow5Sample, netflow9Sample } from '../../support/message-samples.ts';

const describe = (bytes: Uint8Array, end = bytes.length) => describeMessageHeader(viewOf(bytes), 0, end);

t.test('headers of all versions', async (t) => {
  t.same(describe(ipfixSample), {
    domain: 42,
    text: 'IPFIX, domain 42, sequence 7, exported 2024-02-29T12:02:08Z, length 80',
  });
  t.same(describe(netflow9Sample), {
    domain: 5,
    text: 'NetFlow v9, domain 5, sequence 1, exported 2024-02-29T12:02:08Z, uptime 4096 ms, count 2',
  });
  t.same(describe(netflow5Sample), {
    domain: 258,
    text: 'NetFlow v5, engine 1/2, sequence 9, exported 2024-02-29T12:02:08Z, uptime 8192 ms, count 1, sampling 100 (mode 1)',
  });
});

t.test('a header that is cut belongs to domain 0', async (t) => {
  t.same(describe(ipfixSample, 15), { domain: 0, text: 'version 10, cut off in its header' });
  t.same(describe(netflow9Sample, 19), { domain: 0, text: 'version 9, cut off in its header' });
  t.same(describe(netflow5Sample, 23), { domain: 0, text: 'version 5, cut off in its header' });
});
