import t from 'tap';
import { eventWord } from '../../../exporter/print/event-word.ts';
import { aggregate, endedConnection, newConnection, packetFlow } from '../../support/printed-records.ts';
import { makeTrace, traceRecord } from '../../support/processes.ts';

t.test('connections have their events', async (t) => {
  t.equal(eventWord(newConnection()), 'new');
  t.equal(eventWord(newConnection({ event: 'update' })), 'update');
  t.equal(eventWord(endedConnection()), 'destroy');
  t.equal(eventWord(endedConnection({ event: 'interim', endReason: 4 })), 'interim');
  t.equal(eventWord(newConnection({ form: 'nat-event', event: 'destroy' })), 'destroy');
});

t.test('flows of packets go on after an active timeout', async (t) => {
  t.equal(eventWord(packetFlow({ endReason: 2 })), 'interim');
  t.equal(eventWord(packetFlow({ endReason: 1 })), 'destroy');
  t.equal(eventWord(packetFlow({ endReason: 5 })), 'destroy');
});

t.test('aggregates', async (t) => {
  t.equal(eventWord(aggregate({ source: 'conntrack' })), 'aggregate');
});

t.test('traces', async (t) => {
  t.equal(eventWord(traceRecord(makeTrace())), 'trace');
});
