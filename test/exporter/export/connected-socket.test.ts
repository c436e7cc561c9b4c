import t from 'tap';
import { connectSocket, maxInFlightMessages } from '../../../exporter/export/connected-socket.ts';
import { closedLoopbackUrl, openLoopbackCollector } from '../../support/loopback-collector.ts';
import { until } from '../../support/until.ts';

const contents = { flowRecords: 2, packets: 30, octets: 400 };

const recordEvents = () => {
  const events: unknown[] = [];
  return {
    events,
    sent: (lengthBytes: number, { flowRecords }: typeof contents) =>
      events.push(['sent', lengthBytes, flowRecords]),
    failed: (code: string, { octets }: typeof contents) => events.push(['failed', code, octets]),
    refused: (code: string) => events.push(['refused', code]),
  };
};

for (const [address, family] of [
  ['127.0.0.1', 4],
  ['::1', 6],
] as const) {
  t.test(`${address}: what is sent arrives, from the port that is said`, async (t) => {
    const collector = await openLoopbackCollector(address);
    const events = recordEvents();
    const socket = await connectSocket({ address, family, port: collector.url.port }, events);
    t.ok(socket.send(Buffer.from('one'), contents));
    t.ok(socket.send(Buffer.from('three'), contents));
    t.same(events.events, [], 'nothing is told before send returns');
    await socket.close();
    await until('both Messages', () => collector.got.length === 2);
    t.same(collector.texts(), ['one', 'three']);
    t.same(collector.fromPorts, [socket.localPort, socket.localPort]);
    t.same(events.events, [
      ['sent', 3, 2],
      ['sent', 5, 2],
    ]);
    await collector.close();
  });
}

t.test(
  'nobody listens: ICMP is told when it comes, or by the next Message, which does not leave',
  async (t) => {
    const { host, port } = await closedLoopbackUrl();
    const events = recordEvents();
    const socket = await connectSocket({ address: host, family: 4, port }, events);
    socket.send(Buffer.from('one'), contents);
    await until('the refusal', () => events.events.length === 2);
    t.same(events.events, [
      ['sent', 3, 2],
      ['refused', 'ECONNREFUSED'],
    ]);
    events.events.length = 0;
    for (let i = 0; i < 100; i++) socket.send(Buffer.from('one'), contents);
    await socket.close();
    const told = events.events.map(String);
    t.equal(told.filter((event) => event === 'sent,3,2' || event === 'failed,ECONNREFUSED,400').length, 100);
    t.ok(told.includes('failed,ECONNREFUSED,400'));
  },
);

t.test('no more than so many are in flight', async (t) => {
  const collector = await openLoopbackCollector();
  const events = recordEvents();
  const socket = await connectSocket({ address: '127.0.0.1', family: 4, port: collector.url.port }, events);
  for (let i = 0; i < maxInFlightMessages; i++)
    if (!socket.send(Buffer.from('x'), contents)) t.fail(`not ${i}`);
  t.equal(socket.inFlight, maxInFlightMessages);
  t.equal(socket.send(Buffer.from('x'), contents), false);
  await socket.close();
  t.equal(events.events.length, maxInFlightMessages);
  await collector.close();
});

t.test('no way there', async (t) => {
  // The system wants to be asked for broadcasts in another way.
  const remote = { address: '255.255.255.255', family: 4, port: 4739 } as const;
  await t.rejects(connectSocket(remote, recordEvents()), { code: 'EACCES' });
});
