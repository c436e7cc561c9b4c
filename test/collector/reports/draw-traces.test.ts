import t from 'tap';
import { drawTraces } from '../../../collector/reports/draw-traces.ts';

const style = { color: false, unicode: true, zone: 'UTC' };
const at = Date.parse('2026-11-20T10:00:00Z') * 1000;
const row = (trace: number, side: string, more: object = {}) => ({
  ...{
    trace,
    side,
    time: at,
    request_id: `R${trace}\u0007`,
    session_id: '',
    mapping: 'root',
    host: '',
    client: null,
  },
  ...{
    src_addr: '2001:db8::1',
    src_port: 4000,
    dst_addr: '::ffff:192.0.2.2',
    dst_port: 443,
    proto: 6,
    requests: 1,
  },
  ...{ exporter: null, display_filter: 'DISPLAY', capture_filter: 'CAPTURE' },
  ...more,
});

t.test('a trace, its connections, and who saw them', (t) => {
  const seen = {
    exporter: '::ffff:10.0.0.1',
    seen_from: at,
    seen_to: at,
    bytes: 5,
    reverse_bytes: 6,
    state: 'closed',
    requests: 2,
  };
  t.equal(
    drawTraces([row(0, 'front', seen), row(0, 'back')], 100, style),
    `2026-11-20 10:00:00  request R0\\u0007
  mapping root
  front  [2001:db8::1]:4000 > 192.0.2.2:443  tcp, 2 requests
    seen by   from                 to                   bytes  bytes back  state
    --------  -------------------  -------------------  -----  ----------  ------
    10.0.0.1  2026-11-20 10:00:00  2026-11-20 10:00:00    5 B         6 B  closed
    Wireshark: DISPLAY
    tcpdump:   CAPTURE
  back   [2001:db8::1]:4000 > 192.0.2.2:443  tcp
    no exporter told of it
    Wireshark: DISPLAY
    tcpdump:   CAPTURE`,
  );
  t.end();
});

t.test('many traces go without filters; what does not fit goes below each other', (t) => {
  const said = { session_id: 's'.repeat(30), host: 'h'.repeat(30), client: '::ffff:192.0.2.9' };
  const text = drawTraces(
    [0, 1, 2, 3].map((trace) => row(trace, 'front', said)),
    60,
    style,
  );
  t.notMatch(text, 'DISPLAY');
  t.match(
    text,
    `\n  session ${'s'.repeat(30)}\n  mapping root\n  host ${'h'.repeat(30)}\n  client 192.0.2.9\n`,
  );
  t.equal(text.split('\n\n').length, 4);
  t.match(
    drawTraces([row(0, 'front')], 80, { ...style, color: true }),
    '\u001b[1m2026-11-20 10:00:00  request',
  );
  t.match(drawTraces([row(0, 'front', { request_id: '' })], 80, style), 'request without an id');
  t.end();
});
