import t from 'tap';
import { joinSightings, placeOf } from '../../../collector/reports/join-sightings.ts';
import type { SightingRow } from '../../../collector/reports/trace-sightings.ts';

const ends = { proto: 6, src: 'c', srcPort: 4000, dst: 's', dstPort: 80 };
const s = (seconds: number): number => seconds * 1e6;

const row = (more: Partial<SightingRow>): SightingRow => {
  const whole = {
    ...{ is_trace: 0, request_id: '', exporter: 'e1', domain: 0, direction: 0, flow_id: '0', proto: 6 },
    ...{
      src: 'c',
      src_port: 4000,
      dst: 's',
      dst_port: 80,
      kind: 'flow' as const,
      begun: s(1000),
      ended: s(1010),
    },
    ...{ bytes: 0, packets: 0, reverse_bytes: 0, reverse_packets: 0 },
    ...{ total_bytes: 0, total_packets: 0, reverse_total_bytes: 0, reverse_total_packets: 0 },
    ...{ tcp_flags: 0, end_reason: 0, firewall_event: 0 },
    ...more,
  };
  const { src, src_port, dst, dst_port } = whole;
  return { post_src: src, post_src_port: src_port, post_dst: dst, post_dst_port: dst_port, ...whole };
};
const turned = { src: 's', src_port: 80, dst: 'c', dst_port: 4000 };

t.test('whether a record is about the connection', (t) => {
  t.same(placeOf(ends, row({})), { side: 'there', alias: '' });
  t.same(placeOf(ends, row(turned)), { side: 'back', alias: '' });
  t.same(placeOf(ends, row({ src: 'inside', src_port: 1, post_src: 'c', post_src_port: 4000 })), {
    side: 'there',
    alias: 'inside:1 > s:80',
  });
  t.same(placeOf(ends, row({ post_dst: 'behind', post_dst_port: 8080 })), {
    side: 'there',
    alias: 'c:4000 > behind:8080',
  });
  t.equal(placeOf(ends, row({ proto: 17 })), undefined);
  t.equal(placeOf(ends, row({ dst_port: 81 })), undefined);
  t.equal(placeOf(ends, row({ src: 's', dst: 'c' })), undefined, 'ports the other way round');
  t.end();
});

t.test('nobody saw it', (t) => {
  const seen = joinSightings(ends, s(1000), [s(1000), s(1500), s(9000)], []);
  t.same(seen, {
    ...{ sightings: [], requests: 2, firstRequest: s(1000), lastRequest: s(1500) },
    window: { fromMicros: s(880), toMicros: s(1120) },
  });
  t.end();
});

t.test('each direction apart, interim records and totals', (t) => {
  const { sightings } = joinSightings(
    ends,
    s(1005),
    [],
    [
      row({ bytes: 5, kind: 'interim' }),
      row({ bytes: 6, begun: s(1010), ended: s(1020) }),
      row({ ...turned, bytes: 7, reverse_bytes: 100 }),
      row({
        exporter: 'e2',
        flow_id: '9',
        bytes: 1,
        total_bytes: 50,
        kind: 'interim',
        reverse_total_packets: 3,
      }),
      row({ exporter: 'e2', flow_id: '9', bytes: 2, total_bytes: 40, kind: 'interim' }),
    ],
  );
  t.match(sightings, [
    { exporter: 'e1', from: s(1000), to: s(1020), bytes: 111, reverseBytes: 7, state: 'closed' },
    { exporter: 'e2', bytes: 50, reversePackets: 3, state: 'open' },
  ]);
  t.end();
});

t.test('states', (t) => {
  const state = (more: Partial<SightingRow>) =>
    joinSightings(ends, s(1005), [], [row(more)]).sightings[0]?.state;
  t.equal(state({ kind: 'event' }), 'new');
  t.equal(state({ kind: 'event', firewall_event: 2 }), 'closed');
  t.equal(state({ kind: 'event', firewall_event: 5, tcp_flags: 17 }), 'closing');
  t.equal(state({ end_reason: 1 }), 'closed, idle');
  t.equal(state({ end_reason: 3, tcp_flags: 22 }), 'closed, reset');
  t.equal(state({ end_reason: 4 }), 'closed, forced');
  t.end();
});

t.test('what was never said to be over is, where the same exporter tells of a later one', (t) => {
  const event = (flow_id: string, seconds: number) =>
    row({ kind: 'event', flow_id, begun: s(seconds), ended: s(seconds) });
  const at = (...rows: readonly SightingRow[]) => joinSightings(ends, s(2000), [s(1000), s(2000)], rows);
  const seen = at(event('1', 1000), event('2', 1990));
  t.match(seen, { sightings: { length: 1, 0: { from: s(1990), isCounted: false } }, requests: 1 });
  t.equal(seen.window.fromMicros, s(1988));
  t.equal(at(event('1', 1000)).requests, 2, 'alone it goes on');
  t.equal(at(event('1', 1000), { ...event('2', 1990), exporter: 'e2' }).sightings.length, 2);
  t.equal(at(event('1', 1000), event('2', 1001)).sightings.length, 2, 'in two zones at once');
  t.end();
});

t.test('a port that is used again is another connection', (t) => {
  const rows = [
    row({ begun: s(100), ended: s(110), tcp_flags: 27, bytes: 1 }),
    row({ begun: s(500), ended: s(510), tcp_flags: 27, bytes: 2 }),
    row({ begun: s(511), ended: s(520), tcp_flags: 27, bytes: 3 }),
  ];
  const at = (seconds: number) => joinSightings(ends, s(seconds), [s(105), s(505), s(512), s(515)], rows);
  t.match(at(505), {
    ...{ sightings: [{ bytes: 2 }], requests: 1 },
    window: { fromMicros: s(498), toMicros: s(511) - 1 },
  });
  t.match(at(515), {
    sightings: [{ bytes: 3 }],
    requests: 2,
    window: { fromMicros: s(510) + 1, toMicros: s(522) },
  });
  t.match(at(560), { sightings: [{ bytes: 3 }] }, 'a trace that was written late');
  t.same(at(700).sightings, [], 'and one that was written much later');
  t.same(at(700).window, { fromMicros: s(580), toMicros: s(820) });
  t.end();
});

t.test('what is open goes on', (t) => {
  const open = row({ kind: 'interim', end_reason: 2 });
  const { sightings, window } = joinSightings(ends, s(2000), [], [open]);
  t.equal(sightings.length, 1);
  t.same(window, { fromMicros: s(998), toMicros: s(2120) });
  t.end();
});
