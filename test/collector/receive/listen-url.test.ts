import t from 'tap';
import { parseListenUrl } from '../../../collector/receive/listen-url.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';

t.test('hosts of all forms', async (t) => {
  const forms = [
    ['udp://192.0.2.1:2055', '192.0.2.1', 2055],
    ['udp://[::]:4739', '::', 4739],
    ['udp://[fe80::1%eth0]:4739', 'fe80::1%eth0', 4739],
    ['udp://:9995', '', 9995],
    ['udp://*:9995', '', 9995],
    ['udp://localhost:0', 'localhost', 0],
    ['udp://:9995/', '', 9995],
  ] as const;
  for (const [text, host, port] of forms) t.same(parseListenUrl(text), { text, host, port });
});

t.test('what is no address to listen on', async (t) => {
  const wrong = [
    '2055',
    ':2055',
    'tcp://:2055',
    'udp://:70000',
    'udp://host',
    'udp://::1:2055',
    'udp://:20x',
    'udp://a b:1',
  ];
  for (const text of wrong) t.throws(() => parseListenUrl(text), ConfigError, text);
});
