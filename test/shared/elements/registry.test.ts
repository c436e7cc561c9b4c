import t from 'tap';
import { flowColumns } from '../../../collector/store/flow-columns.ts';
import { elementName, findElement, resolveElement } from '../../../shared/elements/registry.ts';

t.test('elements of IANA', async (t) => {
  t.same(findElement(10, 0, 8), {
    pen: 0,
    id: 8,
    name: 'sourceIPv4Address',
    dataType: 'ipv4Address',
    semantics: 'default',
  });
  t.same(findElement(5, 0, 1), {
    pen: 0,
    id: 1,
    name: 'octetDeltaCount',
    dataType: 'unsigned64',
    semantics: 'deltaCounter',
  });
  t.equal(findElement(9, 0, 61)?.name, 'flowDirection');
  t.equal(findElement(9, 0, 225)?.name, 'postNATSourceIPv4Address', "IANA's name above 127 too");
  t.equal(findElement(10, 0, 0), undefined, 'reserved');
  t.equal(findElement(10, 0, 32767), undefined);
});

t.test('field types that only NetFlow v9 has', async (t) => {
  const names = [33000, 33001, 33002, 40000, 40001, 40005, 56701, 57590, 8196].map(
    (id) => findElement(9, 0, id)?.name,
  );
  t.same(names, [
    'ingress_acl_id',
    'egress_acl_id',
    'fw_ext_event',
    'username',
    'xlate_src_addr_ipv4',
    'fw_event',
    'app_id',
    'nprobe_proto',
    'streamcore_call_direction',
  ]);
  t.equal(findElement(9, 0, 33000)?.dataType, 'octetArray');
  t.equal(findElement(10, 0, 33000), undefined);
  t.equal(findElement(9, 0, 57600)?.dataType, 'unsigned64', 'typed as element 128 of nProbe');
});

t.test('elements of vendors', async (t) => {
  t.match(findElement(10, 9, 12236), { pen: 9, name: 'clientIPv4Address', dataType: 'ipv4Address' });
  t.match(findElement(10, 35632, 118), { name: 'l7_proto', dataType: 'unsigned64' });
  t.match(findElement(10, 26866, 1), { name: 'HttpReqUrl', dataType: undefined }, 'a name without a type');
  t.equal(findElement(10, 9, 65000), undefined);
  t.equal(findElement(10, 4294967295, 1), undefined);
});

t.test('reverse elements', async (t) => {
  t.match(findElement(10, 29305, 1), {
    pen: 29305,
    id: 1,
    name: 'reverseOctetDeltaCount',
    dataType: 'unsigned64',
  });
  t.match(findElement(10, 29305, 152), {
    name: 'reverseFlowStartMilliseconds',
    dataType: 'dateTimeMilliseconds',
  });
  t.equal(findElement(10, 29305, 32767), undefined);
  // CERT sets bit 14 of its own elements.
  t.match(findElement(10, 6871, 16384 + 14), { name: 'reverseInitialTCPFlags', dataType: 'unsigned8' });
  t.match(findElement(10, 6871, 16384 + 40), { id: 16424, name: 'reverseFlowAttributes' });
  t.match(findElement(10, 6871, 16384 + 15), { id: 16399, name: 'reverseUnionTCPFlags' });
  t.equal(findElement(10, 6871, 16384 + 16000), undefined);
});

t.test('a CERT element that only has its forward direction in the registry', async (t) => {
  const forward = findElement(10, 6871, 33);
  const known = findElement(10, 6871, 16384 + 33);
  t.equal(forward?.name, 'silkAppLabel');
  t.match(known, { pen: 6871, id: 16384 + 33, name: 'reverseSilkAppLabel', dataType: forward?.dataType });
});

t.test('names', async (t) => {
  t.equal(elementName(9, 0, 8), 'sourceIPv4Address');
  t.equal(elementName(10, 29305, 2), 'reversePacketDeltaCount');
  t.equal(elementName(9, 0, 60000), 'v9/60000');
  t.equal(elementName(9, 0, 0), 'v9/0');
  t.equal(elementName(10, 0, 32000), 'ie/32000');
  t.equal(elementName(10, 2011, 701), 'pen2011/701');
});

t.test('specifications', async (t) => {
  t.same(resolveElement('octetDeltaCount'), { pen: 0, id: 1, netflow9Only: false });
  t.same(resolveElement('reverseOctetDeltaCount'), { pen: 29305, id: 1, netflow9Only: false });
  t.same(resolveElement('reverseVRFname'), { pen: 29305, id: 236, netflow9Only: false });
  t.same(resolveElement('35632/168'), { pen: 35632, id: 168, netflow9Only: false });
  t.same(resolveElement('v9/40001'), { pen: 0, id: 40001, netflow9Only: true });
  for (const spec of ['', 'noSuchElement', 'reverse', 'reverseoctetDeltaCount', 'v9/', 'v8/1', '1/2/3']) {
    t.equal(resolveElement(spec), undefined, spec);
  }
  for (const { name, from } of flowColumns) {
    for (const spec of from.filter((s) => !s.startsWith('announced/')))
      t.ok(resolveElement(spec), `${name}: ${spec}`);
  }
});
