import t from 'tap';
import {
  formatMicros,
  formatMillis,
  formatNtp,
  formatTimestamp,
  ntpToMicros,
} from '../../../shared/wire/timestamp.ts';

t.test('RFC 3339 in UTC', async (t) => {
  t.equal(formatTimestamp(0, 0, 0), '1970-01-01T00:00:00Z');
  t.equal(formatTimestamp(1709208000, 0, 0), '2024-02-29T12:00:00Z');
  t.equal(formatTimestamp(1709208000, 5, 3), '2024-02-29T12:00:00.005Z');
  t.equal(formatTimestamp(1709208001, 5, 9), '2024-02-29T12:00:01.000000005Z');
  t.equal(formatTimestamp(4294967295, 0, 0), '2106-02-07T06:28:15Z', 'all that dateTimeSeconds can say');
  t.equal(formatTimestamp(-1, 0, 0), '1969-12-31T23:59:59Z');
  t.equal(formatTimestamp(253402300799, 999, 3), '9999-12-31T23:59:59.999Z');
  t.equal(formatTimestamp(253402300800, 0, 0), undefined, 'five digits of year');
  t.equal(formatTimestamp(Number.NaN, 0, 0), undefined);
  t.equal(formatMillis(1709208000123), '2024-02-29T12:00:00.123Z');
  t.equal(formatMillis(-1), '1969-12-31T23:59:59.999Z');
  t.equal(formatMillis(2 ** 64), undefined);
  t.equal(formatMicros(1709208000000007), '2024-02-29T12:00:00.000007Z');
});

// 2024-02-29T12:00:00Z in NTP seconds.
const ntp = 1709208000 + 2208988800;

t.test('NTP timestamps', async (t) => {
  t.equal(formatNtp(ntp, 0x80000000, 6), '2024-02-29T12:00:00.500000Z');
  t.equal(formatNtp(ntp, 0x80000000, 9), '2024-02-29T12:00:00.500000000Z');
  t.equal(formatNtp(ntp, 0xffffffff, 9), '2024-02-29T12:00:01.000000000Z', 'rounded into the next second');
  t.equal(formatNtp(ntp, 5, 9), '2024-02-29T12:00:00.000000001Z');
  t.equal(ntpToMicros(ntp, 0x80000000), 1709208000500000);
  t.equal(ntpToMicros(ntp, 0xffffffff), 1709208001000000);
});

t.test('every microsecond survives an exporter that cuts, and the lower 11 bits are ignored', async (t) => {
  let wrong = 0;
  for (let micros = 0; micros < 1e6; micros += 37) {
    const fraction = Math.floor((micros / 1e6) * 2 ** 32);
    for (const sent of [fraction, (fraction & ~0x7ff) >>> 0, (fraction | 0x7ff) >>> 0]) {
      const expected = 1709208000e6 + micros;
      if (ntpToMicros(ntp, sent) !== expected) wrong++;
    }
  }
  t.equal(wrong, 0);
});

t.test('the wrap of 2036', async (t) => {
  t.equal(formatNtp(0x80000000, 0, 6), '1968-01-20T03:14:08.000000Z');
  t.equal(formatNtp(0xffffffff, 0, 6), '2036-02-07T06:28:15.000000Z');
  t.equal(formatNtp(86400, 0, 6), '2036-02-08T06:28:16.000000Z');
  t.equal(formatNtp(0x7fffffff, 0, 6), '2104-02-26T09:42:23.000000Z');
  t.equal(formatNtp(0, 0, 6), '1900-01-01T00:00:00.000000Z', 'not known');
  t.equal(formatNtp(3996, 0, 9), '1900-01-01T01:06:36.000000000Z', 'no time at all (netscaler-ipfix)');
});
