import t from 'tap';
import { statusWords } from '../../../exporter/print/status-words.ts';

t.test('words of the kernel, in the order of the bits', async (t) => {
  t.same(statusWords(0), []);
  t.same(statusWords(0x1e), ['SEEN_REPLY', 'ASSURED', 'CONFIRMED', 'SRC_NAT']);
  t.same(statusWords(0xe621), [
    'EXPECTED',
    'DST_NAT',
    'DYING',
    'FIXED_TIMEOUT',
    'HELPER',
    'OFFLOAD',
    'HW_OFFLOAD',
  ]);
  t.same(statusWords(0x180), [], 'whether NAT was looked for is no news');
  t.same(statusWords(0), []);
});
