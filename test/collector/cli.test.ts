import t from 'tap';
import { collectorCommands } from '../../collector/cli.ts';

const command = (name: string) => collectorCommands().find((c) => c.name() === name);

t.test('the defaults of collect', async (t) => {
  t.match(command('collect')?.opts(), {
    receiveBuffer: '32MiB',
    data: './flowledger-data',
    columns: ['nat'],
    extra: true,
    ttl: 30,
    http: '127.0.0.1:8080',
    journal: undefined,
    journalKeep: '0s',
    journalMax: undefined,
    journalSync: 'off',
    pcap: undefined,
    db: undefined,
    log: 'text',
    logLevel: 'info',
    name: undefined,
  });
  t.equal(command('collect')?.opts().listen, undefined, 'three ports, resolved when none is named');
});

t.test('options are read and checked', async (t) => {
  const collect = command('collect');
  const parse = (...args: readonly string[]): Record<string, unknown> => {
    collect?.exitOverride().configureOutput({ writeErr: () => undefined });
    collect?.parseOptions([...args]);
    return { ...collect?.opts() };
  };
  t.match(parse('--listen', 'udp://:1', '--listen', 'udp://:2', '--allow', '::1'), {
    listen: ['udp://:1', 'udp://:2'],
    allow: ['::1'],
  });
  t.same(parse('--columns', 'core, l2,mpls').columns, ['core', 'l2', 'mpls']);
  t.equal(parse('--ttl', '90').ttl, 90);
  t.equal(parse('--ttl', '90d').ttl, 90);
  t.equal(parse('--no-extra').extra, false);
  t.match(parse('--pcap', 'a.pcap', '--pcap', 'b.pcap', '--port', '2055'), {
    pcap: ['a.pcap', 'b.pcap'],
    port: 2055,
  });
  for (const when of ['off', 'interval', 'always']) t.equal(parse('--journal-sync', when).journalSync, when);
  t.throws(() => parse('--journal-sync', 'maybe'), /Allowed choices are off, interval, always/);
  t.throws(() => parse('--port', '0'), /a port is 1 to 65535/);
  t.throws(() => parse('--ttl', '1.5'), /days are a whole number/);
  t.throws(() => parse('--columns', 'gold'), /no group gold/);
  t.throws(() => parse('--log', 'xml'), /Allowed choices are text, json/);
});

t.test('all commands of the side', async (t) => {
  t.same(
    collectorCommands().map((c) => c.name()),
    [
      ...[
        'collect',
        'sql',
        'exporters',
        'flows',
        'top',
        'series',
        'nat-lookup',
        'seen',
        'peers',
        'servers',
        'scans',
      ],
      ...['contacts', 'connections', 'trace', 'process', 'filter', 'decode', 'extract', 'journal'],
    ],
  );
});
