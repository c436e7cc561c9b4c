/** Who was behind a public address and port, and which connections there were. */

import type { Test } from 'tap';
import { matchRows, type Office } from './questions-ask.ts';
import { bad, dayMinutes, publicAddress } from './questions-day.ts';
import { exporters } from './questions-office.ts';

export const whoHadIt = async (t: Test, { ask, time }: Office): Promise<void> => {
  const who = (port: number, minutes: number, ...more: readonly string[]) =>
    ask('nat-lookup', `${publicAddress}:${port}`, '--at', time(minutes), ...more);
  const remote = { remote_addr: '198.51.100.80', remote_port: 443, exporter: exporters.gateway };
  matchRows(t, (await who(20_001, 5.5)).rows, [
    {
      ...{
        sure: 'exact',
        inside_addr: '192.168.10.21',
        inside_port: 50_001,
        translated: 'source',
        ...remote,
      },
      ...{ from: time(5), to: time(6), bytes_out: 4000, bytes_in: 400_000 },
    },
  ]);
  const second = (await who(20_001, 7.25)).rows;
  matchRows(t, second, [{ sure: 'exact', inside_addr: '192.168.10.22', inside_port: 51_000, ...remote }]);
  const between = await who(20_001, 6.5);
  t.same(between.rows, [], 'and nobody’s in between');
  t.match(between.said, /before that 192\.168\.10\.21:50001 .*\n.*after that 192\.168\.10\.22:51000/);
  t.same((await who(20_001, 5.5, '--remote', '198.51.100.99')).rows, [], 'not towards that one');
  t.same((await who(20_001, 5.5, '--proto', 'udp')).rows, []);
  t.equal(
    (await ask('nat-lookup', `${publicAddress}:20001`, '--from', time(0), '--to', time(dayMinutes))).rows
      .length,
    2,
  );

  matchRows(t, (await who(443, 10.05)).rows, [
    {
      sure: 'exact',
      inside_addr: '10.0.1.10',
      inside_port: 8443,
      translated: 'destination',
      bytes_out: 30_000,
    },
  ]);
  matchRows(t, (await who(20_003, 41)).rows, [
    { sure: 'open', inside_addr: '192.168.10.25', inside_port: 54_001, from: time(40), to: null },
  ]);
  t.same((await who(20_003, 39)).rows, [], 'it had not begun');
  t.match((await who(20_010, 32.5)).rows[0], { inside_addr: '192.168.10.24', sure: 'exact' });
  // The gateway was silent then: its end may not have been heard.
  matchRows(t, (await who(20_003, 49)).rows, [{ sure: /gap/, inside_addr: '192.168.10.25' }]);
  const gap = await who(20_001, 49);
  t.same(gap.rows, []);
  t.match(gap.said, /gap of the data: exporter 127\.0\.0\.11 domain 7 was silent for 7 min/);
};

export const whichPublic = async (t: Test, { ask, between }: Office): Promise<void> => {
  const { rows } = await ask('nat-lookup', '--inside', '192.168.10.23', ...between());
  t.same(rows.map(({ public_port, remote_addr }) => [public_port, remote_addr]).sort(), [
    ['20002', bad],
    ['20050', '198.51.100.80'],
    ['20051', '198.51.100.80'],
  ]);
  t.same((await ask('nat-lookup', '--inside', '192.168.10.66', ...between())).rows, [], 'never translated');
};

export const connectionTimes = async (t: Test, { ask, between, time }: Office): Promise<void> => {
  const flows = async (filter: string): Promise<readonly Record<string, unknown>[]> =>
    (await ask('flows', '--filter', filter, ...between())).rows;
  const [ended, ...others] = await flows('ip 192.168.10.21 and port 443');
  t.same(others, []);
  t.match(ended, {
    ...{ time: time(6), duration: 60, bytes: 4000, reverse_bytes: 400_000, kind: 'flow' },
    ...{ src_port: 50_001, nat_src_addr: publicAddress, nat_src_port: 20_001 },
  });
  matchRows(t, await flows('ip 192.168.10.25 and port 22'), [
    { kind: 'interim', duration: 60, bytes: 6000, reverse_bytes: 8000 },
  ]);
  t.same(await flows('ip 192.168.10.21 and port 80'), []);
};

export const liveMirror = async (t: Test, { ask, time }: Office): Promise<void> => {
  const open = (await ask('connections')).rows;
  t.same(
    open.map(({ src_port, state, nat_source }) => [src_port, state, nat_source]),
    [
      [54_001, 'new', `${publicAddress}:20003`],
      [54_000, 'open', `${publicAddress}:20020`],
    ],
    'newest first, and none that has ended',
  );
  const all = (await ask('connections', '--all')).rows;
  t.same(
    new Set(all.map(({ src_port }) => src_port)),
    new Set([54_001, 54_000, 53_000, 40_000, 51_000, 50_001]),
  );
  t.match(
    all.find(({ src_port }) => src_port === 53_000),
    { since: time(30), duration: 330, state: 'closed', bytes: 330_000, reverse_bytes: 45_000_000 },
    'six records are one connection',
  );
  const past = await ask('connections', '--at', time(32.5));
  t.same(
    past.rows.map(({ src_port }) => src_port),
    [53_000],
    'half an hour ago',
  );
};
