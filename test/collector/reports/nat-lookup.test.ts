import t, { type Test } from 'tap';
import { natLookup } from '../../../collector/reports/nat-lookup.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { type AskLedger, startAskLedger } from '../../support/ask-ledger.ts';
import { clock, fillNatLog, lookUp, mapped, natNow } from '../../support/nat-ask-ledger.ts';
import { natTruth } from '../../support/nat-ask-truth.ts';

const option = (name: string): ((text: string) => unknown) => {
  const found = natLookup.options.find(({ flags }) => flags.startsWith(`--${name} `));
  if (found?.parse === undefined) throw new Error(`--${name} is not parsed`);
  return found.parse;
};

const startLedger = async (t: Test): Promise<AskLedger> => {
  const ledger = await startAskLedger(t, { nowMicros: natNow });
  await ledger.insert(natTruth);
  return ledger;
};

const find = async (
  ledger: AskLedger,
  argument: string,
  at: string,
  more: Readonly<Record<string, unknown>> = {},
) => lookUp(ledger, natLookup, { argument, options: { at: `2026-11-20 ${at}`, ...more } });

const checkHolders = async (t: Test, ledger: AskLedger): Promise<void> => {
  const found = async (...asked: [string, string, Record<string, unknown>?]): Promise<readonly string[]> =>
    (await find(ledger, ...asked)).found;

  t.same(await found('1.2.3.4:53500', '10:00:30'), ['exact 192.168.1.129 53400 10:00:00 to 10:01:00']);
  t.same(
    await found('1.2.3.4:53500', '10:02:30'),
    ['exact 192.168.1.7 40000 10:02:00 to 10:03:00'],
    'a minute later another host',
  );
  t.same(await found('1.2.3.4:53500', '10:01:30'), [], 'and nobody between them');
  t.same(
    await found('1.2.3.4:53500', '10:01:10', { skew: 60e6 }),
    [
      'overlapping 192.168.1.129 53400 10:00:00 to 10:01:00',
      'overlapping 192.168.1.7 40000 10:02:00 to 10:03:00',
    ],
    'the nearer one first',
  );
  t.same(await found('1.2.3.4:53501', '10:00:30'), [], 'the next port');
  t.same(await found('1.2.3.4:53500', '10:00:30', { proto: 17 }), [], 'another protocol');
  t.same(await found('1.2.3.4:53500', '10:00:30', { proto: 6, remote: option('remote')('19.1.16.7:443') }), [
    'exact 192.168.1.129 53400 10:00:00 to 10:01:00',
  ]);
  t.same(await found('1.2.3.4:53500', '10:00:30', { remote: option('remote')('19.1.16.8') }), []);
  t.same(
    await found('1.2.3.4', '10:00:30'),
    ['exact 192.168.1.129 53400 10:00:00 to 10:01:00'],
    'without a port',
  );

  const connection = await find(ledger, '1.2.3.4:2001', '10:10:30');
  t.same(
    connection.found,
    ['exact 192.168.1.8 1111 10:09:00 to 10:13:30'],
    'all records of a connection, and its events',
  );
  t.match(connection.rows[0], {
    ...{ bytes_out: 3000, bytes_in: 6000, packets_out: 30, proto: 6, zone: 7, exporter: '10.0.0.1' },
    ...{ remote_addr: '19.1.16.7', remote_port: 443, translated: 'source' },
  });

  t.same(
    await found('1.2.3.4:3001', '11:10:00'),
    ['open 192.168.1.9 2222 11:00:00 to 11:30:00'],
    'only a beginning',
  );
  t.same(await found('1.2.3.4:3001', '11:35:00'), ['exact 192.168.1.10 3333 11:30:00 to 11:40:00']);
  t.same(await found('1.2.3.4:3001', '11:50:00'), [], 'deleted');

  t.same(
    await found('1.2.3.5:443', '12:00:05'),
    ['overlapping 172.16.0.1 8443 12:00:00 to 12:00:09', 'overlapping 172.16.0.2 8443 12:00:00 to 12:00:09'],
    'DNAT: one of two servers',
  );
  const served = await find(ledger, '1.2.3.5:443', '12:00:05', { remote: option('remote')('8.8.4.4:1001') });
  t.same(served.found, ['exact 172.16.0.2 8443 12:00:00 to 12:00:09'], 'which of them, says the client');
  t.match(
    served.rows[0],
    { bytes_in: 1000, bytes_out: 2000, translated: 'destination' },
    'out is what the server sent',
  );

  t.same(
    await found('1.2.3.6:6000', '12:10:05'),
    ['exact 192.168.1.11 4444 12:10:00 to 12:10:09'],
    'source of both',
  );
  t.same(
    await found('1.2.3.7:80', '12:10:05'),
    ['exact 172.16.0.3 8080 12:10:00 to 12:10:09'],
    'destination of both',
  );

  t.same(await found('1.2.3.8', '12:20:02', { proto: option('proto')('icmp') }), [
    'exact 192.168.1.12 0 12:20:00 to 12:20:05',
  ]);
  t.same(
    await found('[2001:db8:1::1]:5556', '12:30:01'),
    ['exact fd00::5 5555 12:30:00 to 12:30:05'],
    'IPv6',
  );
  t.same(await found('1.2.3.10:3031', '14:10:00'), ['exact 192.168.1.30 3030 14:00:00 to 14:20:00'], 'ASA');
  t.same(await found('1.2.3.10:3032', '14:30:00'), [], 'what was denied had nothing');

  const block = await find(ledger, '1.2.3.9:1500', '12:00:00');
  t.same(block.found, ['exact 100.64.0.20 08:00:00 to 13:00:00'], 'a block of ports');
  t.match(block.rows[0], { public_port: '1024-2047' });
  t.same(await found('1.2.3.9:2048', '12:00:00'), [], 'the port behind it');
  t.same(await found('1.2.3.9:1500', '14:00:00'), [], 'after it was given back');
};

t.test('who had it', async (t) => {
  const ledger = await startLedger(t);
  await t.test('out of flows', (t) => checkHolders(t, ledger));
  await fillNatLog(ledger, clock('11:20:00'));
  await t.test('out of nat_log, and the newer ones out of flows', (t) => checkHolders(t, ledger));
  await ledger.store.client.command({ query: 'TRUNCATE TABLE nat_log' });
  await fillNatLog(ledger, natNow);
  await ledger.store.client.command({ query: 'TRUNCATE TABLE flows' });
  await t.test('out of nat_log, when flows has forgotten them', (t) => checkHolders(t, ledger));
});

t.test('questions about one ledger', async (t) => {
  const ledger = await startLedger(t);
  await t.test('the answer is never silently empty', async (t) => {
    const said = async (argument: string, at: string): Promise<string> =>
      (await find(ledger, argument, at)).said;
    t.match(
      await said('1.2.3.4:53500', '10:01:30'),
      /before that 192\.168\.1\.129:53400 had it from .*10:00:00.* to .*10:01:00(?:.|\n)*after that 192\.168\.1\.7:40000/,
      'who had it before and after',
    );
    t.match(await said('1.2.3.4:9', '10:00:30'), /not in use within 1 d before and after/);
    t.match(await said('1.2.3.200:9', '10:00:30'), /nothing in the ledger was translated to this address$/m);
    t.match(await said('192.168.1.129:53400', '10:00:30'), /it is an inside address/);
    t.match(
      await said('198.51.100.77:7777', '12:00:15'),
      /flows without translation had it as their own address/,
    );
  });

  await t.test('the inverse', async (t) => {
    const ask = (host: string, from: string, to: string) =>
      lookUp(ledger, natLookup, {
        options: { inside: option('inside')(host) },
        from: `2026-11-20 ${from}`,
        to: `2026-11-20 ${to}`,
      });
    const { rows: used } = await ask('192.168.1.129', '09:00:00', '11:00:00');
    t.match(used, [
      {
        public_addr: '1.2.3.4',
        public_port: '53500',
        remote_addr: '19.1.16.7',
        remote_port: 443,
        bytes_out: 1000,
      },
    ]);
    t.equal(used.length, 1);
    t.same((await ask('192.168.1.129', '10:05:00', '11:00:00')).found, [], 'not in this time');
    t.match((await ask('172.16.0.2:8443', '12:00:00', '13:00:00')).rows, [
      { public_addr: '1.2.3.5', public_port: '443', remote_addr: '8.8.4.4', remote_port: 1001 },
    ]);
    t.match((await ask('100.64.0.20', '09:00:00', '10:00:00')).rows, [
      { public_addr: '1.2.3.9', public_port: '1024-2047' },
    ]);
  });

  await t.test('a range of time', async (t) => {
    const { found } = await lookUp(ledger, natLookup, {
      ...{ argument: '1.2.3.4:53500', from: '2026-11-20 10:00:00', to: '2026-11-20 10:05:00' },
    });
    t.same(found, [
      'exact 192.168.1.7 40000 10:02:00 to 10:03:00',
      'exact 192.168.1.129 53400 10:00:00 to 10:01:00',
    ]);
  });

  await t.test('what makes no sense', async (t) => {
    const refuses = (asked: Parameters<typeof lookUp>[2], pattern: RegExp) =>
      t.rejects(lookUp(ledger, natLookup, asked), { name: 'ConfigError', message: pattern });
    await refuses({}, /give one of the two/);
    await refuses(
      { argument: '1.2.3.4:5', options: { inside: option('inside')('10.0.0.5') } },
      /give one of the two/,
    );
    await refuses({ argument: '1.2.3.4:99999' }, /99999 is not a port/);
    await refuses({ argument: 'host:80' }, /not an address/);
    await refuses({ argument: '1.2.3.4:5', options: { at: 'teatime' } }, /--at teatime: not a time/);
    const at = '2026-11-20 10:00:30';
    await refuses(
      { argument: '1.2.3.4:5', options: { at }, from: '2026-11-20 10:00:00' },
      /--at is one moment, and --skew is how far around it: it goes with none of --from, --to and --last/,
    );
    await refuses(
      { options: { at: 'now', inside: option('inside')('10.0.0.5') } },
      /--at is for a public address/,
    );
    t.throws(() => option('proto')('tpc'), ConfigError);
    t.throws(() => option('skew')('soon'), ConfigError);
    t.equal(option('proto')('132'), 132);
    t.equal(option('proto')('ICMPv6'), 58);
    t.equal(option('skew')('5'), 5e6, 'seconds');
  });
  await t.test('exporters that were silent, or lost something', async (t) => {
    const minute = (clockTime: string, more: object) => ({
      ...{
        minute: clock(clockTime) / 1e6,
        exporter: mapped('10.0.0.1'),
        domain: 0,
        collector: 'here',
        datagrams: 5,
      },
      ...more,
    });
    await ledger.insert(
      [
        {
          exporter: mapped('10.0.0.1'),
          collector: 'here',
          first_seen: '2026-11-20 00:00:00',
          last_seen: '2026-11-20 23:59:00',
        },
      ],
      'exporters',
    );
    const minutes = Array.from(
      { length: 24 * 60 },
      (_, i) => `${String((i / 60) | 0).padStart(2, '0')}:${String(i % 60).padStart(2, '0')}:00`,
    );
    await ledger.insert(
      minutes
        .filter((at) => at < '11:05:00' || at > '11:15:00')
        .map((at) => minute(at, at === '10:03:00' ? { missing: 12 } : {})),
      'exporter_loss',
    );
    const open = await find(ledger, '1.2.3.4:3001', '11:10:00');
    t.same(open.found, ['gap 192.168.1.9 2222 11:00:00 to 11:30:00']);
    t.match(open.said, /exporter 10\.0\.0\.1 was silent for 11 min from .*11:05:00/);
    const lost = await find(ledger, '1.2.3.4:53500', '10:00:30');
    t.same(lost.found, ['gap 192.168.1.129 53400 10:00:00 to 10:01:00']);
    t.match(lost.said, /12 records of it did not arrive/);
    const sure = await find(ledger, '1.2.3.4:53500', '10:00:30', {
      remote: option('remote')('19.1.16.7:443'),
    });
    t.same(
      sure.found,
      ['exact 192.168.1.129 53400 10:00:00 to 10:01:00'],
      'both ends are known: no other can have been',
    );
    const calm = await find(ledger, '1.2.3.4:3001', '11:35:00');
    t.same(calm.found, ['exact 192.168.1.10 3333 11:30:00 to 11:40:00']);
  });
});
