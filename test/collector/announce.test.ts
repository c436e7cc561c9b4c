import t from 'tap';
import { type Announcement, announce } from '../../collector/announce.ts';
import { version } from '../../collector/package-version.ts';
import { Log } from '../../shared/service/log.ts';
import { collectOptions } from '../support/collect-options.ts';

const listener = (port: number, grantedBufferBytes = 1 << 20, bufferAdvice?: string) => ({
  ...{ name: `udp://127.0.0.1:${port}`, grantedBufferBytes, wantedBufferBytes: 32 << 20, bufferAdvice },
});

const announced = (more: object = {}, logFormat: 'text' | 'json' = 'text') => {
  let [text, logged] = ['', ''];
  const write = (line: string): void => {
    logged += line;
  };
  const announcement = {
    options: { ...collectOptions('/var/flows'), logFormat },
    listeners: [listener(2055), listener(4739)],
    store: {
      description: 'embedded ClickHouse, /var/flows',
      embedded: { url: 'http://127.0.0.1:8123' },
      connection: { url: 'http://127.0.0.1:8123' },
    },
    journal: { directory: '/var/flows/journal', maxBytes: 20 * 2 ** 30 },
    httpUrl: 'http://127.0.0.1:8080',
    ...more,
  } as unknown as Announcement;
  announce(announcement, new Log({ write, nowMs: () => 0, format: logFormat }), (said) => {
    text += said;
  });
  return { lines: text.split('\n'), logged };
};

t.test('a block for people', async (t) => {
  const { lines, logged } = announced();
  t.same(lines.slice(0, 5), [
    `flowledger ${version} collects NetFlow v5, v9 and IPFIX`,
    '  listening  udp://127.0.0.1:2055  udp://127.0.0.1:4739',
    '  journal    /var/flows/journal, at most 20 GiB',
    '  storing    embedded ClickHouse, /var/flows, http://127.0.0.1:8123',
    '  watching   http://127.0.0.1:8080/metrics  http://127.0.0.1:8080/healthz',
  ]);
  t.match(lines[5], /^ {2}asking {5}flowledger sql --data \/var\/flows "SELECT .*"$/);
  t.match(logged, /receive buffer sockets="udp:\S+2055 udp:\S+4739" granted="1 MiB" wanted="32 MiB"\n$/);
});

t.test('--journal off and --http off', async (t) => {
  const { lines } = announced({ journal: undefined, httpUrl: undefined });
  t.equal(lines[2], '  journal    off: what is not stored when the collector ends is lost');
  t.match(lines[4], /^ {2}asking/);
});

t.test("a server of one's own is asked without --data", async (t) => {
  const options = {
    ...collectOptions('/var/flows'),
    server: { url: 'http://ch:8123', user: 'me', password: 'x', database: 'own' },
  };
  const store = { description: 'http://ch:8123 (database own)', embedded: undefined, connection: {} };
  const { lines } = announced({ options, store });
  t.equal(lines[3], '  storing    http://ch:8123 (database own)');
  t.match(lines[5], /flowledger sql "SELECT/);
});

t.test('as a line of a JSON log', async (t) => {
  const { lines, logged } = announced({ journal: undefined }, 'json');
  t.same(lines, [''], 'nothing is printed');
  t.match(JSON.parse(logged.split('\n')[0] ?? ''), {
    message: 'collecting',
    listen: 'udp://127.0.0.1:2055 udp://127.0.0.1:4739',
    journal: 'off',
    store: 'embedded ClickHouse, /var/flows',
    http: 'http://127.0.0.1:8080',
  });
});

t.test('a receive buffer that is smaller than wanted, with the remedy', async (t) => {
  const listeners = [listener(1, 212_992, 'sysctl -w net.core.rmem_max=33554432'), listener(2)];
  const { logged } = announced({ listeners });
  t.match(
    logged,
    /warn {2}receive buffer smaller than wanted: bursts may be lost sockets=udp:\S+:1 .*remedy="sysctl -w net\.core\.rmem_max=33554432"/,
  );
  t.match(logged, /info {2}receive buffer sockets=udp:\S+:2 /);
});
