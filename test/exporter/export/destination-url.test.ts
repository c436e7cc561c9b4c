import t from 'tap';
import { parseDestination } from '../../../exporter/export/destination-url.ts';

t.test('what is a destination', async (t) => {
  t.same(parseDestination('udp://192.0.2.1'), {
    host: '192.0.2.1',
    port: 4739,
    name: 'udp://192.0.2.1:4739',
  });
  t.same(parseDestination('udp://[2001:db8::1]:2055/'), {
    host: '2001:db8::1',
    port: 2055,
    name: 'udp://[2001:db8::1]:2055',
  });
});

for (const [text, reason] of [
  ['tcp://192.0.2.1:4739', /tcp is not supported yet/],
  ['192.0.2.1:2055', /not of the form/],
  ['udp://2001:db8::1', /not of the form/],
  ['udp://:2055', /not of the form/],
  ['udp://a:99999', /not of the form/],
  ['udp://a:0', /port 0/],
] as const) {
  t.test(`what is none: ${text}`, async (t) => {
    t.throws(() => parseDestination(text), { name: 'ConfigError', message: reason });
  });
}
