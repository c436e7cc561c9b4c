import t from 'tap';
import { endReasonWord } from '../../../exporter/print/end-reason-word.ts';

t.test('the numbers of RFC 5102 5.11.3', async (t) => {
  t.same([0, 1, 2, 3, 4, 5, 6].map(endReasonWord), ['', 'idle', 'active', 'end', 'forced', 'resources', '']);
});
