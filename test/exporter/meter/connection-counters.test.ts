import t from 'tap';
import {
  keepCounters,
  readDeltas,
  settleCounters,
  unsettleCounters,
} from '../../../exporter/meter/connection-counters.ts';
import { ConnectionKey } from '../../../exporter/meter/connection-key.ts';
import { ConnectionTable } from '../../../exporter/meter/connection-table.ts';
import { makeTestConnection } from '../../support/connections.ts';

const start = () => {
  const table = new ConnectionTable(1, 10);
  const key = new ConnectionKey();
  key.set(makeTestConnection());
  const slot = table.add(key);
  const deltas = new Float64Array(4);
  return {
    keep: (packets: number, octets: number, reversePackets = 0, reverseOctets = 0): boolean =>
      keepCounters(table, slot, makeTestConnection({ packets, octets, reversePackets, reverseOctets })),
    settle: () => settleCounters(table, slot),
    unsettle: () => unsettleCounters(table, slot),
    deltas: () => {
      const found = readDeltas(deltas, table, slot);
      return found ? [...deltas] : undefined;
    },
  };
};

t.test('deltas since the last record', async (t) => {
  const { keep, settle, unsettle, deltas } = start();
  t.equal(deltas(), undefined, 'nothing yet');
  t.equal(keep(1, 2, 3, 4), true);
  t.equal(keep(1, 2, 3, 4), false, 'the same again');
  t.same(deltas(), [1, 2, 3, 4]);
  settle();
  t.equal(deltas(), undefined);
  t.equal(keep(1, 2, 3, 2 ** 53 - 1), true);
  t.same(deltas(), [0, 0, 0, 2 ** 53 - 5]);
  unsettle();
  t.same(deltas(), [1, 2, 3, 2 ** 53 - 1]);
});

t.test('counters that begin anew: nothing is lost, nothing twice', async (t) => {
  const { keep, settle, deltas } = start();
  keep(10, 1000);
  settle();
  keep(15, 1500);
  keep(2, 200);
  t.same(deltas(), [7, 700, 0, 0]);
  keep(3, 300);
  t.same(deltas(), [8, 800, 0, 0]);
  settle();
  t.equal(deltas(), undefined);
});
