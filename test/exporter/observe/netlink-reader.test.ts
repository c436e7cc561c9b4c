import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { netlinkFixtures } from '../../support/netlink-fixtures.ts';
import { assertBuilt, builtCli, cleanEnvironment } from '../../support/run-cli.ts';

/** Reads a file as if it were a socket, in a thread, until the end of it was seen. */
const script = `
const [folder, path] = process.argv.slice(1);
import(folder + 'netlink-reader.js').then(async ({ NetlinkReader }) => {
  const got = [];
  const reader = new NetlinkReader('events', require('node:fs').openSync(path), 1, undefined, {
    report: () => got.push('report'),
    datagram: (view, bytes, at, end, micros) => got.push([Buffer.from(bytes.subarray(at, end)).toString('hex'), micros]),
    overrun: () => got.push('overrun'),
    chunkEnd: () => got.push('end'),
  });
  await reader.stop();
  process.stdout.write(JSON.stringify(got));
});
`;

t.test('a thread reads what is there before it stops, and lets the process end', (t) => {
  assertBuilt();
  const octets = Buffer.concat(netlinkFixtures().map(({ bytes }) => bytes));
  const path = join(t.testdir(), 'messages');
  writeFileSync(path, octets);
  const folder = builtCli.replace(/cli\.js$/, 'exporter/observe/');
  const beginMs = Date.now();
  const told = execFileSync(process.execPath, ['-e', script, folder, path], {
    encoding: 'utf8',
    timeout: 20_000,
    env: cleanEnvironment(),
  });
  const [datagram, end, ...more] = JSON.parse(told) as [[string, number], string];
  t.equal(datagram[0], octets.toString('hex'));
  t.ok(datagram[1] >= beginMs * 1000 && datagram[1] <= Date.now() * 1000, 'microseconds since 1970');
  t.equal(end, 'end');
  t.same(more, []);
  t.end();
});
