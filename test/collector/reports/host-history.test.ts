import t from 'tap';
import { openLedger } from '../../../collector/ask/open-ledger.ts';
import { describeEarlierActivity } from '../../../collector/reports/host-history.ts';
import { startAskLedger } from '../../support/ask-ledger.ts';
import { hasPeers } from '../../support/peers.ts';
import { biflow, nowMicros } from '../../support/question-ledger.ts';

t.test('what is known from before the flows', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros });
  const { client } = ledger.store;
  const describe = (host: string, days: number): Promise<readonly string[]> => {
    const range = { from: nowMicros - days * 86_400e6, to: nowMicros, isRelative: true };
    return describeEarlierActivity(`::ffff:${host}`, range, openLedger(client, { nowMicros, zone: 'UTC' }));
  };
  await ledger.insert([biflow({ from: '10:00:00', client: '10.0.0.5', server: '10.1.0.1', port: 443 })]);
  t.same(await describe('10.1.0.1', 60), [], 'where nothing is known');
  const day = (address: string, date: string, lastIn: string, more: string) => `INSERT INTO host_activity
    (address, day, received_day, sampling_rate, first_seen, last_seen, last_in, flows_in, unanswered_in, bytes_in, bytes_out, peers)
    SELECT toIPv6('::ffff:${address}'), '${date}', '${date}', 2, '${date} 01:00:00', '${date} 09:00:00', '${lastIn}', ${more}, uniqCombinedState(12)(toIPv6(arrayJoin(['::1', '::2'])))`;
  await client.command({ query: day('10.1.0.1', '2026-10-03', '2026-10-03 08:00:00', '5, 1, 512, 1024') });
  await client.command({ query: day('10.1.0.1', '2026-10-05', '1970-01-01 00:00:00', '2, 2, 512, 0') });
  await client.command({ query: day('10.1.0.9', '2026-10-05', '1970-01-01 00:00:00', '2, 2, 512, 0') });
  const intro =
    'Flows before 2026-11-20 10:00:00 are gone; host_activity (hosts inside, by the day, all ports)';
  t.same(await describe('10.1.0.1', 60), [
    `${intro} has 2 days of it: last reached 2026-10-03 08:00:00, last seen 2026-10-05 09:00:00; 7 flows to it (3 of TCP unanswered), 2 KiB to it, 2 KiB from it, about 2 peers.`,
  ]);
  t.same(await describe('10.1.0.9', 60), [
    `${intro} has 1 day of it: last seen 2026-10-05 09:00:00; 2 flows to it (2 of TCP unanswered), 1 KiB to it, 0 B from it, about 2 peers. It knows of no connection to a known service of it: other ports and ICMP, it cannot tell. A server behind destination translation may be missing there.`,
  ]);
  t.same(await describe('10.1.0.7', 60), [
    `${intro} has nothing of it since 2026-10-03 00:00:00. A server behind destination translation may be missing there.`,
  ]);
  // The first flows are of 10:00.
  t.same(await describe('10.1.0.1', 14.5 / 24), [], 'the first flow came half an hour after the range began');
  t.equal((await describe('10.1.0.1', 16 / 24)).length, 1, 'two hours after');
  t.same(await describe('10.1.0.1', 0.5), [], 'the flows answer for all of it');
});
