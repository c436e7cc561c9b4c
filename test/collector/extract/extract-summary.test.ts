import t from 'tap';
import { formatExtractSummary } from '../../../collector/extract/extract-summary.ts';

const result = {
  packets: 1_500_000,
  taken: 1,
  readBytes: 1 << 30,
  writtenBytes: 600,
  firstMicros: 1_704_067_200_500_000,
  lastMicros: 1_704_067_201_000_007,
};
const text = { json: false, zone: 'UTC' };

t.test('for people', async (t) => {
  t.equal(
    formatExtractSummary(result, 0.5, text),
    'read   1500000 packets, 1 GiB in 500 ms, 2 GiB/s\n' +
      'taken  1 packet, 600 B, 2024-01-01 00:00:00.500 to 2024-01-01 00:00:01 UTC\n',
  );
  const none = { ...result, taken: 0, firstMicros: undefined, lastMicros: undefined };
  t.match(formatExtractSummary(none, 0.5, text), /\ntaken {2}0 packets, 600 B\n$/);
  t.match(
    formatExtractSummary(result, 1, { json: false, zone: 'Europe/Zurich' }),
    '01:00:00.500 to 2024-01-01 01:00:01\n',
  );
});

t.test('for programs', async (t) => {
  const json = { json: true, zone: 'UTC' };
  t.same(JSON.parse(formatExtractSummary({ ...result, warning: 'cut off' }, 0.5, json)), {
    packets: 1_500_000,
    taken: 1,
    readBytes: 1 << 30,
    writtenBytes: 600,
    first: '2024-01-01T00:00:00.5Z',
    last: '2024-01-01T00:00:01.000007Z',
    seconds: 0.5,
    bytesPerSecond: 2 ** 31,
    warning: 'cut off',
  });
  const none = { ...result, taken: 0, firstMicros: undefined, lastMicros: undefined };
  t.match(JSON.parse(formatExtractSummary(none, 1, json)), { first: null, last: null });
});
