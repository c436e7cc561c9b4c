import t from 'tap';
import { makeOwnTraffic } from '../../../exporter/meter/own-traffic.ts';
import { makeRecord } from '../../support/printed-records.ts';

const mapped = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 10);
const doc6 = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
const isOwn = makeOwnTraffic([
  { address: mapped, port: 4739 },
  { address: doc6, port: 2055 },
]);
const toCollector = {
  protocol: 17,
  srcAddress: '10.0.0.1',
  srcPort: 50_000,
  dstAddress: '192.0.2.10',
  dstPort: 4739,
};
const through = { isTranslated: true, postSrcAddress: '10.0.0.1', postSrcPort: 50_000 };

t.test('datagrams to a collector are our own', async (t) => {
  t.ok(isOwn(makeRecord(toCollector)));
  t.ok(isOwn(makeRecord({ family: 6, protocol: 17, dstAddress: '2001:db8::1', dstPort: 2055 })));
  const elsewhere = { ...toCollector, dstAddress: '10.9.9.9', dstPort: 1 };
  t.ok(isOwn(makeRecord({ ...elsewhere, ...through, postDstAddress: '192.0.2.10', postDstPort: 4739 })));
  t.notOk(isOwn(makeRecord({ ...elsewhere, postDstAddress: '192.0.2.10', postDstPort: 4739 })));
});

t.test('and from it, where the flow was seen the other way round', async (t) => {
  const [srcAddress, srcPort] = ['192.0.2.10', 4739];
  t.ok(isOwn(makeRecord({ protocol: 17, srcAddress, srcPort, dstAddress: '10.0.0.1', dstPort: 50_000 })));
  t.ok(
    isOwn(makeRecord({ protocol: 17, isTranslated: true, postSrcAddress: srcAddress, postSrcPort: 4739 })),
  );
});

t.test('all else is not', async (t) => {
  t.notOk(isOwn(makeRecord({ ...toCollector, protocol: 6 })), 'TCP');
  t.notOk(isOwn(makeRecord({ ...toCollector, dstPort: 2055 })), 'the port of the other collector');
  t.notOk(isOwn(makeRecord({ ...toCollector, dstAddress: '192.0.2.11' })), 'another host');
  t.notOk(isOwn(makeRecord({ ...toCollector, srcPort: 4739, dstPort: 50_000 })), 'ports swapped');
  t.notOk(makeOwnTraffic([])(makeRecord(toCollector)), 'nobody to send to');
});
