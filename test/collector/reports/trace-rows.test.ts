import t from 'tap';
import { backEnds, frontEnds, traceColumns, traceRows } from '../../../collector/reports/trace-rows.ts';
import type { Trace } from '../../../collector/reports/traces-sql.ts';

const trace: Trace = {
  ...{
    at: 5,
    request_id: 'R',
    session_id: 'S',
    mapping: 'm',
    host: 'h',
    client_addr: '::',
    proto: 6,
    exporter: 'e',
  },
  ...{ front_src_addr: 'a', front_src_port: 1, front_dst_addr: 'b', front_dst_port: 2 },
  ...{ back_src_addr: 'c', back_src_port: 3, back_dst_addr: 'd', back_dst_port: 4 },
};
const sighting = {
  ...{ exporter: 'x', domain: 1, from: 2, to: 3, isOver: true, isCounted: true, state: 'closed' },
  ...{ bytes: 10, reverseBytes: 0, packets: 1, reversePackets: 0, alias: '' },
};
const seen = {
  sightings: [sighting, { ...sighting, isCounted: false, state: 'new' }],
  requests: 1,
  firstRequest: 5,
  lastRequest: 5,
  window: { fromMicros: 1, toMicros: 9 },
};

t.test('a row for each connection and each who saw it', (t) => {
  t.same(frontEnds(trace), { proto: 6, src: 'a', srcPort: 1, dst: 'b', dstPort: 2 });
  t.same(backEnds(trace), { proto: 6, src: 'c', srcPort: 3, dst: 'd', dstPort: 4 });
  t.equal(backEnds({ ...trace, back_src_addr: '::', back_dst_addr: '::' }), undefined);
  const rows = traceRows([
    {
      trace,
      connections: [
        { side: 'front', ends: frontEnds(trace), seen },
        { side: 'back', ends: frontEnds(trace), seen: { ...seen, sightings: [] } },
      ],
    },
  ]);
  t.match(rows, [
    { trace: 0, side: 'front', bytes: 10, reverse_bytes: 0, client: null },
    { side: 'front', bytes: null, state: 'new' },
    { side: 'back', exporter: null, bytes: null, seen_from: null, packets_from: 1 },
  ]);
  for (const { name } of traceColumns)
    t.ok(
      rows.every((row) => row[name] !== undefined),
      name,
    );
  t.end();
});
