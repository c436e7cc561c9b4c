import t from 'tap';
import { payloadBytesOf, smallerPayloadBytes } from '../../../exporter/export/payload-bytes.ts';

t.test('the IP MTU without IPv4 or IPv6 header and UDP', async (t) => {
  t.equal(payloadBytesOf(4), 1472);
  t.equal(payloadBytesOf(6), 1452);
  t.equal(payloadBytesOf(6, 1280), 1232);
  t.equal(payloadBytesOf(4, 512), 484);
  t.equal(payloadBytesOf(4, 65_535), 65_507);
});

t.test('what is no MTU', async (t) => {
  for (const mtuBytes of [511, 65_536, 1500.5, Number.NaN])
    t.throws(() => payloadBytesOf(4, mtuBytes), { name: 'ConfigError', message: /--mtu .* 512 to 65535/ });
});

t.test('smaller and smaller, and then no more', async (t) => {
  t.same([65_507, 1472, 1452, 1232, 508, 484].map(smallerPayloadBytes), [1472, 1232, 1232, 508, 508, 484]);
});
