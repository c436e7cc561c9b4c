import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ulogdCommand } from '../../exporter/ulogd-cli.ts';
import { runCli } from '../support/run-cli.ts';

t.test('its options', async (t) => {
  const command = ulogdCommand('1.2.3');
  const defaults = command.opts<Record<string, unknown>>();
  t.match(defaults, { events: ['new', 'update', 'destroy'], integerAddresses: 'network', zone: 'local' });
});

const refusal = async (...args: readonly string[]): Promise<string> => {
  const { exitCode, stderr } = await runCli(['export', 'ulogd', ...args]);
  return `${exitCode} ${stderr}`;
};

t.test('what is wrong is said before anything is read', async (t) => {
  const log = join(t.testdir(), 'log');
  writeFileSync(log, '');
  t.match(
    await refusal(log, '--zone', 'Mars', '--print', 'log'),
    /^2 flowledger: --zone Mars: no such time zone/,
  );
  t.match(await refusal(log, '--integer-addresses', 'little', '--print', 'log'), /^2 error: .*network, host/);
  t.match(
    await refusal(log, '--events', 'born', '--print', 'log'),
    /^2 error: .*there are new, update, destroy/,
  );
  t.match(await refusal(log), /^2 flowledger: nowhere to send/);
  t.match(await refusal(), /^2 error: missing required argument 'file'/);
});

t.test('times, addresses and events as they were asked for', async (t) => {
  const log = join(t.testdir(), 'log');
  const json = { 'orig.ip.protocol': 17, 'orig.ip.saddr': 806163628, 'orig.ip.daddr': 16777343 };
  const lines = [1, 4].map((event) => ({
    ...json,
    'ct.event': event,
    timestamp: 'Sat Feb 22 12:27:04 2014',
  }));
  writeFileSync(log, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const options = [
    '--zone',
    'Europe/Paris',
    '--integer-addresses',
    'host',
    '--events',
    'new',
    '--print',
    'json',
  ];
  const { stdout, exitCode } = await runCli(['export', 'ulogd', log, ...options]);
  t.equal(exitCode, 0);
  t.match(JSON.parse(stdout), {
    event: 'new',
    timestamp: '2014-02-22T11:27:04.000000Z',
    src_ip: '172.20.13.48',
    dest_ip: '127.0.0.1',
  });
});
