import t from 'tap';
import { CaptureError } from '../../../shared/capture/capture-error.ts';

t.test('says what and where', async (t) => {
  const error = new CaptureError('a block of 3 octets', 24);
  t.equal(error.message, 'a block of 3 octets (at octet 24)');
  t.equal(error.offset, 24);
  t.ok(error instanceof Error);
});
