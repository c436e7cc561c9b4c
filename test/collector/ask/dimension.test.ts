import t from 'tap';
import { nameDimensions, parseDimensions } from '../../../collector/ask/dimension.ts';

t.test('what flows can be grouped by', async (t) => {
  const [address, network, service, direction, flow] = parseDimensions(
    'src_addr, dst_net/24/48,service,direction,flow_id,src_addr',
  );
  t.match(address, { name: 'src_addr', kind: 'address', column: 'src_addr' });
  t.equal(address?.sql('dst_addr'), 'dst_addr');
  t.match(network, { name: 'dst_net/24/48', column: 'dst_addr' });
  t.match(network?.sql('x'), /^IPv6CIDRToRange\(x, if\(.*, 120, 48\)\)\.1$/);
  t.match(service, { column: 'service', kind: 'port' });
  t.equal(direction?.sql('direction'), 'toString(direction)');
  t.equal(flow?.sql('flow_id'), 'toString(flow_id)', 'all of its digits');
  t.equal(parseDimensions('src_addr,src_addr').length, 1);
});

t.test('what they cannot be grouped by', async (t) => {
  for (const text of [
    'bytes',
    'time',
    'extra',
    'src_net',
    'src_net/33',
    'src_net/24/129',
    '',
    'src_addr,',
    'constructor',
    'mpls_labels',
  ])
    t.throws(
      () => parseDimensions(text),
      {
        message:
          /^--by .*: (?:no column to group by; there are service, |a network is |a column is missing )/,
      },
      text,
    );
  t.throws(() => parseDimensions('scr_addr'), {
    message: /no column to group by \(did you mean src_addr\?\)/,
  });
});

t.test('names for what comes', async (t) => {
  const dimensions = parseDimensions('src_net/24,service');
  t.same(nameDimensions(dimensions, { k0: '::ffff:10.0.0.0', k1: 443 }), {
    'src_net/24': '10.0.0.0/24',
    service: 443,
    service_name: '443 https',
  });
  t.same(nameDimensions(dimensions, { k0: '2001:db8::', k1: 8086 }), {
    'src_net/24': '2001:db8::/64',
    service: 8086,
    service_name: null,
  });
  t.match(nameDimensions(dimensions, { k0: '::', k1: 0 }), { service_name: 'unknown' });
});
