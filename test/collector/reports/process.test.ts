import t from 'tap';
import type { CompiledFilter } from '../../../collector/filter/compiled-filter.ts';
import { process } from '../../../collector/reports/process.ts';
import { type AskLedger, startAskLedger } from '../../support/ask-ledger.ts';
import {
  processNow,
  processRow,
  seedConnections,
  type ToldProcess,
  translatedTo,
} from '../../support/process-ledger.ts';

const option = (name: string) => {
  const found = process.options.find(({ flags }) => flags.startsWith(`--${name} `));
  return found?.parse ?? ((text: string) => text);
};

/** What the tests need of a filter, without its language. */
const filterOf = (text: string): CompiledFilter => ({
  sql: (columnSql = (name) => name) => `${columnSql('dst_port')} = {f0:UInt16}`,
  params: { f0: Number(text) },
  columns: new Set(['dst_port']),
  text,
});

const container = '3f4ac0ffee00'.padEnd(64, '7');
const nginx: ToldProcess = {
  ...{ pid: 900, ids: [0, 0], name: 'nginx', user: 'root', command: 'nginx: master process', quality: 4 },
  cgroup: '/system.slice/nginx.service',
};
const mailer: ToldProcess = { ids: [33, 33], user: 'www-data', quality: 1 };
const boxed: ToldProcess = { pid: 77, ids: [101, 4294967295], container, cgroup: '/docker/x', name: 'node' };

const start = async (t: Parameters<typeof startAskLedger>[0]): Promise<AskLedger> => {
  const ledger = await startAskLedger(t, { nowMicros: processNow, compileFilter: filterOf });
  const web = { src: '203.0.113.7 40000', dst: '198.51.100.1 443', destination: nginx };
  const served = { ...translatedTo('dst', '10.0.0.1 8443'), flow_id: '7' };
  await ledger.insert([
    ...seedConnections.map(processRow),
    // Its end got lost, and the same ends were used again.
    processRow({
      from: '14:00:00',
      src: '127.0.0.1 59047',
      dst: '127.0.0.1 1234',
      source: { pid: 66 },
      more: { flow_id: '4' },
    }),
    // The same port in the afternoon and in the evening, by others.
    processRow({
      from: '15:00:00',
      to: '15:00:09',
      src: '127.0.0.1 59047',
      dst: '127.0.0.1 1234',
      source: boxed,
      destination: nginx,
      more: { flow_id: '5', bytes: 10, reverse_bytes: 20 },
    }),
    processRow({ from: '18:00:00', src: '127.0.0.1 59047', dst: '127.0.0.1 1234', source: boxed }),
    // Three records of one connection, from the Internet, to a service behind translation.
    processRow({ ...web, from: '17:00:00', more: served }),
    processRow({
      ...web,
      from: '17:00:00',
      to: '17:01:00',
      more: {
        ...served,
        record_kind: 'interim',
        bytes: 100,
        reverse_bytes: 1000,
        total_bytes: 100,
        reverse_total_bytes: 1000,
      },
    }),
    processRow({
      ...web,
      from: '17:00:00',
      to: '17:02:00',
      more: {
        ...served,
        bytes: 50,
        reverse_bytes: 500,
        total_bytes: 150,
        reverse_total_bytes: 1500,
        packets: 3,
      },
    }),
    processRow({
      from: '17:10:00',
      to: '17:10:01',
      src: '10.0.0.1 5000',
      dst: '10.0.0.25 25',
      source: mailer,
      more: { bytes: 7 },
    }),
    // Somebody else's, without a process.
    processRow({ from: '17:10:00', to: '17:10:01', src: '10.0.0.9 59047', dst: '10.0.0.25 25' }),
  ]);
  return ledger;
};

t.test('who had a port', async (t) => {
  const ledger = await start(t);
  const ask = async (time: string, request: object = { options: {} }) => {
    const { options = {}, ...rest } = request as { options?: object };
    return ledger.rows(process, { ...rest, options: { ...options, at: `2013-07-06 ${time}` } });
  };
  const port = { options: { port: option('port')('59047') } };
  const rows = await ask('16:13:41', port);
  t.equal(rows.length, 1);
  t.match(rows[0], {
    ...{ sure: 'open', pid: 2387, uid: 1000, gid: 1000, ids: '1000:1000', command: 'ncat -v cane 1234' },
    ...{ service: 'enlightenment.service', quality: 'exact', direction: 'out', local: '127.0.0.1' },
    ...{ local_port: 59047, remote: '127.0.0.1', remote_port: 1234, first: '2013-07-06T16:13:40Z' },
    ...{ cgroup: '/user/1000.user/1.session/systemd-1196/enlightenment.service', sent_bytes: null },
  });
  t.match(await ask('15:00:05', port), [{ sure: 'exact', pid: 77, gid: null, ids: '101', sent_bytes: 10 }]);
  t.same(await ask('13:59:00', port), [], 'before');
  t.match(await ask('14:59:00', port), [{ sure: 'open', pid: 66 }]);
  t.same(await ask('15:00:30', port), [], 'between, and its end is known');
  t.match(await ask('18:30:00', port), [{ pid: 77 }], 'the newest of those that are open');
  const v6 = { argument: '[2001:470:1f0b:11de::12]:55446' };
  t.match(await ask('16:13:02', v6), [{ pid: 2354, command: 'curl -s -o /dev/null ipv6.google.com' }]);
  t.match(await ask('16:13:20', { argument: '34870' }), [{ pid: 28865, service: 'dbus.service' }]);
  t.match(
    await ask('17:01:30', { argument: '10.0.0.1:8443' }),
    [{ pid: 900, direction: 'in' }],
    'behind translation',
  );
  t.match(await ask('17:01:30', { argument: '198.51.100.1:443' }), [
    {
      pid: 900,
      local_port: 8443,
      outer: '198.51.100.1',
      outer_port: 443,
      remote: '203.0.113.7',
      quality: 'cached',
    },
  ]);
  const { err } = await ledger.run(process, { options: { ...port.options, at: '2013-07-06 16:13:41' } });
  t.match(err, /open: no record tells of its end/);
});

t.test('connections of processes', async (t) => {
  const ledger = await start(t);
  const ask = (options: object, more = {}) => ledger.rows(process, { options: { ...options }, ...more });
  const served = await ask({ service: 'NGINX.service' });
  t.match(
    served.map(({ first, remote_port }) => `${first} ${remote_port}`),
    ['2013-07-06T17:00:00Z 40000', '2013-07-06T15:00:00Z 59047'],
    'a connection once',
  );
  t.match(served[0], { sent_bytes: 1500, received_bytes: 150, last: '2013-07-06T17:02:00Z', user: 'root' });
  t.match(
    served[1],
    { direction: 'in', local_port: 1234, sent_bytes: 20, received_bytes: 10 },
    'the other end of it',
  );
  t.equal((await ask({ service: '3f4ac0ffee00' })).length, 2, 'of a container');
  t.match((await ask({ service: '3f4ac0ffee00' }))[0], {
    service: 'container 3f4ac0ffee00',
    command: 'node',
  });
  t.equal((await ask({ pid: option('pid')('900') })).length, 2);
  t.match(await ask({ user: 'www-data' }), [
    { pid: null, ids: '33:33', quality: 'uid only', service: 'user www-data' },
  ]);
  t.equal((await ask({ user: '1000' })).length, 3);
  t.equal((await ask({ user: '0' })).length, 2, 'root');
  t.match(await ask({ command: 'lastfm' }), [{ pid: 28865 }]);
  t.equal((await ask({ user: '1000' }, { filter: '80' })).length, 2);
  t.equal((await ask({ user: '1000' }, { limit: 2, page: 2 })).length, 1);
  t.equal(
    (await ask({ user: '1000' }, { from: '2013-07-06 16:13:10', to: '2013-07-06 16:13:30' })).length,
    1,
  );
  const odd = await ask({ command: "'; DROP TABLE flows; --" });
  t.same(odd, []);
});

t.test('services', async (t) => {
  const ledger = await start(t);
  const rows = await ledger.rows(process);
  t.same(
    rows.map(
      (row) =>
        `${row.service} ${row.direction} ${row.with} ${row.connections} ${row.sent_bytes} ${row.received_bytes}`,
    ),
    [
      'nginx.service in Internet 1 1500 150',
      'dbus.service out Internet 1 0 0',
      'enlightenment.service out Internet 1 0 0',
      'user www-data out inside 1 7 0',
      'container 3f4ac0ffee00 out this host 2 10 20',
      'nginx.service in this host 1 20 10',
      ' out this host 1 0 0',
      'enlightenment.service out this host 1 0 0',
    ],
  );
  t.match(rows[0], { ports: [8443], users: ['root'], exporters: ['10.0.0.1'], hosts: 1 });
  const ours = await ledger.rows(process, { options: { inside: [option('inside')('203.0.113.0/24')] } });
  t.match(
    ours.filter((row) => row.with === 'Internet').map(({ service }) => service),
    ['user www-data', 'dbus.service', 'enlightenment.service'],
  );
  t.match((await ledger.run(process)).err, /3 services of these talked to the Internet/);
});

t.test('in columns', async (t) => {
  const ledger = await startAskLedger(t, { nowMicros: processNow, groups: ['nat', 'process'] });
  const [told] = seedConnections;
  if (told === undefined) return;
  const plain = processRow({ ...told, from: '17:00:00' });
  await ledger.insert([
    processRow(told),
    {
      ...plain,
      extra: {},
      process_id: 2354,
      process_uid: 1000,
      process_command: 'curl -s',
      process_name: 'curl',
    },
  ]);
  const own = {
    dst_process_id: 9,
    dst_process_gid: 4294967295,
    dst_process_quality: 2,
    dst_process_cgroup: '/x/y.service',
  };
  await ledger.insert([{ ...plain, extra: {}, ...own }]);
  t.match(await ledger.rows(process, { options: { pid: 9 } }), [
    { direction: 'in', service: 'y.service', ids: '0', gid: null, quality: 'cgroup only' },
  ]);
  const rows = await ledger.rows(process, { options: { pid: 2354 } });
  t.match(rows, [
    { command: 'curl -s', ids: '1000', service: 'curl', first: '2013-07-06T17:00:00Z' },
    { command: 'curl -s -o /dev/null ipv6.google.com', service: 'enlightenment.service' },
  ]);
});

t.test('on a terminal', async (t) => {
  const ledger = await start(t);
  const { out } = await ledger.run(process, { options: { user: '1000' }, layout: 'table' }, { columns: 170 });
  t.match(out, /2387 +1000:1000 +enlightenment\.service +ncat -v cane 1234 /);
  t.match(out, /28865 +1000:1000 +dbus\.service +python \/usr\/libexec\/dbus-last\.\.\. /);
  const summary = await ledger.run(process, { layout: 'table' }, { columns: 120 });
  t.match(summary.out, /nginx\.service +Internet +in +1 +1 +1\.46 KiB +150 B/);
});

t.test('nothing found', async (t) => {
  const ledger = await start(t);
  const said = async (request: object) => (await ledger.run(process, request)).err;
  t.match(
    await said({ options: { pid: 1 } }),
    /nothing found; processes were told of in this time by 10\.0\.0\.1 \(11 records\)/,
  );
  t.match(
    await said({ options: { pid: 1 }, last: '1m' }),
    /no exporter told of a process in this time; records with processes are from 2013-07-06 14:00:00 to 2013-07-06 18:00:00/,
  );
  const bare = await startAskLedger(t, { nowMicros: processNow });
  await bare.insert([
    processRow({ from: '17:10:00', to: '17:10:01', src: '10.0.0.9 1', dst: '10.0.0.25 25' }),
  ]);
  t.match(
    (await bare.run(process)).err,
    /no exporter has ever told of a process: flowledger export conntrack --process/,
  );
});

t.test('what makes no sense', async (t) => {
  const ledger = await startAskLedger(t, { nowMicros: processNow, groups: [] });
  const refuses = (request: object, message: RegExp) =>
    t.rejects(ledger.run(process, request), { name: 'ConfigError', message });
  await refuses({ options: { at: 'now' } }, /--at needs to know of what/);
  await refuses({ options: { at: 'teatime', pid: 1 } }, /--at teatime: not a time/);
  await refuses({ options: { at: 'now', pid: 1 }, last: '5m' }, /none of --from, --to and --last/);
  await refuses({ argument: '10.0.0.5:80', options: { port: 80 } }, /give the port once/);
  await refuses({ argument: 'nobody' }, /process nobody: not an address/);
  await refuses({ options: { pid: 1, inside: ['10.0.0.0/8'] } }, /--inside is for the summary/);
  t.throws(() => option('port')('99999'), { name: 'ConfigError' });
  t.throws(() => option('pid')('-1'), { name: 'ConfigError' });
  t.throws(() => option('inside')('10.0.0.1'), { name: 'ConfigError' });
  t.same(await ledger.rows(process), [], 'without the columns of translation');
});
