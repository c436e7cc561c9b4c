import t from 'tap';
import { trace } from '../../../collector/reports/trace.ts';
import { type AskLedger, startAskLedger } from '../../support/ask-ledger.ts';
import {
  flowRow,
  proxyNow,
  seedRequest,
  seenFlows,
  toldTraces,
  traceRow,
} from '../../support/proxy-ledger.ts';

const option = (name: string) => {
  const found = trace.options.find(({ flags }) => flags.startsWith(`--${name} `));
  return found?.parse ?? ((text: string) => text);
};

const start = async (t: Parameters<typeof startAskLedger>[0]): Promise<AskLedger> => {
  const ledger = await startAskLedger(t, { nowMicros: proxyNow });
  await ledger.insert([...toldTraces.map((told) => traceRow(told)), ...seenFlows()]);
  return ledger;
};

const requests = (rows: readonly Record<string, unknown>[]): unknown[] => [
  ...new Set(rows.map(({ request_id }) => request_id)),
];

t.test('the request of the manual', async (t) => {
  const ledger = await start(t);
  const rows = await ledger.rows(trace, { argument: seedRequest });
  t.same(
    rows.map(({ side, exporter }) => `${side} ${exporter}`),
    ['front 10.0.0.1', 'front 10.0.0.3', 'back 10.0.0.2', 'back 10.0.0.4'],
  );
  t.match(rows[0], {
    ...{ time: '2023-12-06T14:19:35.763Z', request_id: seedRequest, mapping: 'root', host: 'lesbos' },
    ...{ session_id: '8fda8ccee7d2a555c910cf9d2d5afb5e', client: '172.18.60.2', traced_by: '10.0.0.9' },
    ...{ src_addr: '172.18.60.2', src_port: 18982, dst_addr: '172.18.60.225', dst_port: 80, proto: 6 },
    ...{ seen_from: '2023-12-06T14:19:30Z', seen_to: '2023-12-06T14:19:36Z', state: 'closed' },
    ...{ bytes: 1000, reverse_bytes: 2000, packets: 10, reverse_packets: 20, alias: '', requests: 3 },
    ...{ first_request: '2023-12-06T14:19:31Z', last_request: '2023-12-06T14:19:35.763Z' },
    ...{ packets_from: '2023-12-06T14:19:28Z', packets_to: '2023-12-06T14:19:38Z' },
  });
  t.match(rows[1], { alias: '192.168.1.5:4000 > 172.18.60.225:80', bytes: 999, reverse_bytes: 1999 });
  t.match(rows[2], {
    ...{ src_addr: '172.18.98.225', src_port: 54444, dst_addr: '172.18.98.50', dst_port: 80 },
    ...{ bytes: 500, reverse_bytes: 700, packets: 50, reverse_packets: 70, state: 'closed, reset' },
    ...{ requests: 2, first_request: '2023-12-06T14:19:20Z' },
  });
  t.match(rows[3], {
    ...{ bytes: 600, reverse_bytes: 800, packets: 6, reverse_packets: 8, state: 'open' },
    ...{ seen_from: '2023-12-06T14:19:00.5Z', seen_to: '2023-12-06T14:20:00Z' },
  });
  t.equal(
    rows[0]?.display_filter,
    '((ip.src==172.18.60.2 && ip.dst==172.18.60.225 && tcp.srcport==18982 && tcp.dstport==80) || ' +
      '(ip.src==172.18.60.225 && ip.dst==172.18.60.2 && tcp.srcport==80 && tcp.dstport==18982)) && ' +
      'frame.time_epoch>=1701872368.000000 && frame.time_epoch<=1701872378.000000',
  );
  const { err } = await ledger.run(trace, { argument: seedRequest });
  t.match(
    err,
    /this front connection 172\.18\.60\.2:18982 carried 3 requests between 2023-12-06 14:19:31 and 2023-12-06 14:19:35\.763; bytes are of the connection, not of the request/,
  );
});

t.test('other ways to ask', async (t) => {
  const ledger = await start(t);
  const ask = async (options: Record<string, unknown>, more = {}) =>
    requests(await ledger.rows(trace, { options, ...more }));
  const at = '2023-12-06 14:19:35';
  t.same(await ask({ client: option('client')('172.18.60.2:18982'), at, within: option('within')('3s') }), [
    seedRequest,
    'second',
  ]);
  t.same(await ask({ client: option('client')('172.18.60.2:18982'), at }), [seedRequest, 'second', 'first']);
  t.same(await ask({ client: option('client')('2001:db8::7') }), ['other'], 'as the proxy knows it');
  t.same(await ask({ client: option('client')('172.18.60.9') }), ['other'], 'as its packets have it');
  t.same(await ask({ back: option('back')('172.18.98.225:54444'), at }), [seedRequest, 'other']);
  t.same(await ask({ back: option('back')('172.18.98.51') }), ['first'], 'the end of the server');
  t.same(await ask({ session: 'another' }), ['other']);
  t.same(
    await ask({ session: 'another', client: option('client')('172.18.60.2') }),
    [],
    'all of what was said',
  );
  t.same(await ask({ client: option('client')('172.18.60.2') }, { limit: 2 }), ['later', seedRequest]);
  t.same(await ask({ client: option('client')('172.18.60.2') }, { limit: 2, page: 2 }), ['second', 'first']);
  const [itself, ...more] = await ledger.rows(trace, { argument: 'second' });
  t.match([itself?.side, more.length], ['front', 1], 'the proxy answered itself');
  const [reused] = await ledger.rows(trace, { argument: 'later' });
  t.match(
    reused,
    { bytes: 13, requests: 1, packets_from: '2023-12-06T14:20:28Z' },
    'a port that is used again',
  );
});

t.test('in columns, in extra of the same ledger, and with another enterprise number', async (t) => {
  const ledger = await startAskLedger(t, { nowMicros: proxyNow, groups: ['nat', 'proxy'] });
  const [first, second, third] = toldTraces.map((told) => traceRow(told));
  await ledger.insert([first ?? {}, traceRow(toldTraces[2] ?? { at: '', request: '' }, 'columns')]);
  await ledger.insert([{ ...second, extra: { '4711.proxyRequestId': 'second', noise: 'x' } }]);
  const ask = async (argument: string) => ledger.rows(trace, { argument });
  for (const row of [...(await ask('first')), ...(await ask(seedRequest))])
    t.match(row, {
      mapping: 'root',
      host: 'lesbos',
      client: '172.18.60.2',
      requests: row.side === 'front' ? 3 : 1,
    });
  t.match(await ask('second'), [{ request_id: 'second', mapping: '', client: null, requests: 3 }]);
  await ledger.insert([third ?? {}]);
  t.equal((await ask(seedRequest)).length, 2, 'sent twice, it is one');
});

t.test('on a terminal', async (t) => {
  const ledger = await start(t);
  const { out } = await ledger.run(
    trace,
    { argument: seedRequest, layout: 'table', zone: 'Europe/Zurich' },
    { columns: 120 },
  );
  t.match(
    out,
    `2023-12-06 15:19:35.763  request ${seedRequest}
  session 8fda8ccee7d2a555c910cf9d2d5afb5e, mapping root, host lesbos, client 172.18.60.2
  front  172.18.60.2:18982 > 172.18.60.225:80  tcp, 3 requests
    seen by `,
  );
  t.match(out, /10\.0\.0\.3 .* 192\.168\.1\.5:4000 > 172\.18\.60\.225:80/);
  t.match(out, /\n {2}back {3}172\.18\.98\.225:54444 > 172\.18\.98\.50:80 {2}tcp, 2 requests\n/);
  t.match(out, /Wireshark: \(\(ip\.src==172\.18\.60\.2 /);
  t.match(out, /tcpdump: {3}tcp and \(\(src host 172\.18\.60\.2 and src port 18982 /);
  const narrow = await ledger.run(trace, { argument: seedRequest, layout: 'table' }, { columns: 60 });
  for (const line of narrow.out.split('\n'))
    if (!/Wireshark|tcpdump|requests between|to 2023|not shown/.test(line)) t.ok(line.length <= 75, line);
  const many = await ledger.run(
    trace,
    { options: { session: '8fda8ccee7d2a555c910cf9d2d5afb5e' }, layout: 'table' },
    { columns: 120 },
  );
  t.notMatch(many.out, /Wireshark:/);
  t.match(many.out, /second\n.*\n {2}front .*\n(?: {4}.*\n)+\n/, 'one after the other');
});

t.test('nothing found', async (t) => {
  const ledger = await start(t);
  const said = async (request: object) => (await ledger.run(trace, request)).err;
  t.match(await said({ argument: 'none' }), /request none: none of the 5 traces of this time, nor any other/);
  t.match(
    await said({ argument: seedRequest, last: '1h' }),
    /request ZXCC9-Ko6WsU10yuyRWf7wAAAIA: no trace in this time; there is 1 at other times, the nearest at 2023-12-06 14:19:35\.763/,
  );
  t.match(
    await said({ argument: 'none', last: '1h' }),
    /no trace of a proxy is of this time; the nearest of 5 is of 2023-12-06 14:25:01/,
  );
  const bare = await startAskLedger(t, { nowMicros: proxyNow });
  await bare.insert([
    flowRow({ exporter: '10.0.0.1', from: '14:00:00', to: '14:00:01', src: '10.0.0.5 1', dst: '10.0.0.6 2' }),
  ]);
  t.match(
    (await bare.run(trace, { argument: 'x' })).err,
    /there is no trace of a proxy in the ledger: flowledger export airlock/,
  );
});

t.test('what makes no sense', async (t) => {
  const ledger = await startAskLedger(t, { nowMicros: proxyNow });
  const refuses = (request: object, message: RegExp) =>
    t.rejects(ledger.run(trace, request), { name: 'ConfigError', message });
  await refuses({}, /give its id, or --session ID/);
  await refuses({ argument: 'x', options: { at: 'teatime' } }, /--at teatime: not a time/);
  await refuses({ argument: 'x', options: { at: 'now' }, last: '1h' }, /none of --from, --to and --last/);
  await refuses({ argument: 'x', options: { within: 5 } }, /--within says how far around --at/);
  await refuses({ argument: 'x', options: { pcapFront: 'a' } }, /need --out DIR/);
  await refuses({ argument: 'x', options: { out: 'a' } }, /give their recordings/);
  t.throws(() => option('client')('nobody'), {
    name: 'ConfigError',
    message: /--client nobody: not an address/,
  });
  await refuses({ argument: 'x', options: { at: 'now', within: 0 } }, /--within 0s: it must be longer/);
  const old = await startAskLedger(t, { nowMicros: proxyNow, groups: [] });
  await t.rejects(old.run(trace, { argument: 'x' }), { message: /trace needs the column group nat/ });
});
