import t from 'tap';
import type { Message } from '../../../collector/decode/record-sink.ts';
import { formatExportTime } from '../../../collector/decode-file/export-time.ts';

const message = (version: 5 | 9 | 10, exportSeconds: number, exportNanos = 0): Message =>
  ({ version, exportSeconds, exportNanos }) as Message;

t.test('as precise as the header', async (t) => {
  t.equal(formatExportTime(message(10, 1709208000)), '2024-02-29T12:00:00Z');
  t.equal(formatExportTime(message(9, 4294967295)), '2106-02-07T06:28:15Z');
  t.equal(formatExportTime(message(5, 1709208000, 1000)), '2024-02-29T12:00:00.000001000Z');
  t.equal(
    formatExportTime(message(5, 1709208000, 4294967295)),
    '2024-02-29T12:00:00Z',
    'nanoseconds that cannot be',
  );
});
