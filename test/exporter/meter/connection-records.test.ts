import t from 'tap';
import { ConnectionRecords } from '../../../exporter/meter/connection-records.ts';
import type { FlowRecord } from '../../../exporter/meter/flow-record.ts';
import type { ProcessFacts } from '../../../exporter/observe/process-facts.ts';
import { makeTestConnection } from '../../support/connections.ts';

t.test('one record after the other: what the last one had does not stay', async (t) => {
  const seen: FlowRecord[] = [];
  const records = new ConnectionRecords((record) => seen.push(structuredClone(record)));
  const connection = makeTestConnection({
    hasCounters: true,
    packets: 5,
    octets: 6,
    reversePackets: 7,
    reverseOctets: 8,
    replyTo: ['203.0.113.7', 1],
  });
  const process = { pid: 7 } as ProcessFacts;
  records.setProcesses({ srcProcess: process, dstProcess: undefined });
  records.setDeltas(connection, false);
  records.set(connection, 0, 1_700_000_000.9e6, -2);
  records.flow('destroy', 3, 9e6);
  t.equal(records.natEvent('session', 'deleted', 10e6), true);
  records.set(makeTestConnection(), 0, 0, 7);
  records.setProcesses(undefined);
  records.event('update', 11e6);
  t.equal(records.natEvent('session', 'deleted', 10e6), false);
  records.setDeltas(connection, true);
  records.set(connection, 0, 0, 7);
  records.flow('interim', 2, 12e6);
  t.same(
    seen.map(({ srcProcess }) => srcProcess?.pid),
    [7, 7, undefined, undefined],
  );
  t.match(seen, [
    {
      form: 'flow',
      packets: 5,
      reverseOctets: 8,
      totalOctets: 6,
      firewallEvent: 2,
      natEvent: 0,
      endReason: 3,
    },
    {
      form: 'nat-event',
      packets: 0,
      totalOctets: 0,
      hasCounters: false,
      firewallEvent: 0,
      natEvent: 5,
      endReason: 0,
    },
    { form: 'event', event: 'update', natEvent: 0, firewallEvent: 5, flowIdHigh: 7, endMicros: 11e6 },
    {
      form: 'flow',
      event: 'interim',
      packets: 0,
      totalOctets: 6,
      hasCounters: true,
      firewallEvent: 5,
      endReason: 2,
    },
  ]);
  t.equal(seen[0]?.flowIdHigh, 0xfffffffe);
  t.equal(seen.length, 4);
});
