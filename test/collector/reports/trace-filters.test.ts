import t from 'tap';
import { captureFilter, displayFilter } from '../../../collector/reports/trace-filters.ts';

const window = { fromMicros: 1_701_872_368_000_001, toMicros: 1_701_872_378_500_000 };

t.test('IPv4 and TCP', (t) => {
  const ends = { proto: 6, src: '::ffff:192.0.2.1', srcPort: 4000, dst: '::ffff:192.0.2.2', dstPort: 443 };
  t.equal(
    displayFilter(ends, window),
    '((ip.src==192.0.2.1 && ip.dst==192.0.2.2 && tcp.srcport==4000 && tcp.dstport==443) || ' +
      '(ip.src==192.0.2.2 && ip.dst==192.0.2.1 && tcp.srcport==443 && tcp.dstport==4000)) && ' +
      'frame.time_epoch>=1701872368.000001 && frame.time_epoch<=1701872378.500000',
  );
  t.equal(
    captureFilter(ends),
    'tcp and ((src host 192.0.2.1 and src port 4000 and dst host 192.0.2.2 and dst port 443) or ' +
      '(src host 192.0.2.2 and src port 443 and dst host 192.0.2.1 and dst port 4000))',
  );
  t.end();
});

t.test('IPv6, and a protocol without ports', (t) => {
  const ends = { proto: 47, src: '2001:db8::1', srcPort: 0, dst: '2001:db8::2', dstPort: 0 };
  t.match(
    displayFilter(ends, window),
    '((ipv6.src==2001:db8::1 && ipv6.dst==2001:db8::2) || (ipv6.src==2001:db8::2',
  );
  t.equal(
    captureFilter(ends),
    'proto 47 and ((src host 2001:db8::1 and dst host 2001:db8::2) or (src host 2001:db8::2 and dst host 2001:db8::1))',
  );
  t.end();
});
