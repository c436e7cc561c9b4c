import t from 'tap';
import { FragmentPorts } from '../../../exporter/meter/fragment-ports.ts';
import { packetFields } from '../../support/packet-builder.ts';

const first = { seconds: 100, src: '192.0.2.1', dst: '192.0.2.2', srcPort: 53, dstPort: 1024 };
const later = { ...first, srcPort: 0, dstPort: 0 };

t.test('only fragments of the same packet, and soon, get its ports', async (t) => {
  const ports = new FragmentPorts();
  ports.remember(packetFields(first), 0xfffffff0);
  const found = (sketch: object, id = 0xfffffff0) => {
    const fields = packetFields({ ...later, ...sketch });
    return ports.find(fields, id) ? [fields.ports >>> 16, fields.ports & 0xffff] : undefined;
  };
  t.same(found({}), [53, 1024]);
  t.same(found({ seconds: 130 }), [53, 1024]);
  t.equal(found({ seconds: 130.1 }), undefined, 'too late');
  t.equal(found({ seconds: 60 }), undefined, 'a clock that was set back');
  t.equal(found({}, 0xfffffff1), undefined);
  t.equal(found({ protocol: 6 }), undefined);
  t.equal(found({ dst: '192.0.2.3' }), undefined);
  t.equal(found({ src: '2001:db8::1', dst: '2001:db8::2' }), undefined);
});

t.test('a hundred thousand packets take no more room than the first', async (t) => {
  const ports = new FragmentPorts();
  for (let id = 0; id < 100_000; id++) ports.remember(packetFields(first), id);
  let kept = 0;
  for (let id = 0; id < 100_000; id++) if (ports.find(packetFields(later), id)) kept++;
  t.ok(kept > 4096 && kept <= 8192, `${kept} kept`);
  t.ok(ports.find(packetFields(later), 99_999), 'the newest is among them');
});
