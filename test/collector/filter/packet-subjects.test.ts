import t from 'tap';
import { packetColumns, packetCondition, packetNumber } from '../../../collector/filter/packet-subjects.ts';
import { flowColumns } from '../../../collector/store/flow-columns.ts';
import { PacketFacts } from '../../../shared/capture/packet-facts.ts';
import { hexBytes, viewOf } from '../../support/capture-builder.ts';
import { factsWith } from '../../support/packet-facts-of.ts';

const holds = (column: string, number: number, facts: Partial<PacketFacts>): boolean | undefined =>
  packetColumns.get(column)?.({ number: (value) => value === number })(factsWith(facts));

t.test('they are columns', async (t) => {
  const names = new Set<string>(flowColumns.map(({ name }) => name));
  for (const name of packetColumns.keys()) t.ok(names.has(name), name);
});

t.test('what is absent never passes', async (t) => {
  for (const [name, subject] of packetColumns) {
    if (name === 'time') continue;
    const test = subject({ number: () => true, address: () => true });
    t.equal(test(new PacketFacts()), false, name);
  }
});

t.test('either VLAN tag', async (t) => {
  t.equal(holds('src_vlan', 5, { vlan: 5 }), true);
  t.equal(holds('dst_vlan', 6, { vlan: 5, innerVlan: 6 }), true);
  t.equal(holds('src_vlan', 7, { vlan: 5, innerVlan: 6 }), false);
});

t.test('what is read when it is asked for', async (t) => {
  const view = viewOf(hexBytes('ffff  0200 5e00 0001  0a0b 0c0d 0e0f  0800'));
  t.equal(holds('dst_mac', 0x02005e000001, { view, ethernetAt: 2 }), true);
  t.equal(holds('src_mac', 0x0a0b0c0d0e0f, { view, ethernetAt: 2 }), true);
  t.equal(holds('src_mac', 0x0a0b0c0d0e0f, { view }), false);
  // 16004, then 17 with the bottom of the stack, then something else
  const labels = viewOf(hexBytes('03e84040 00011140 00012040'));
  const at = { view: labels, labelsAt: 0, end: 12 };
  t.equal(holds('mpls_labels', 16_004, at), true);
  t.equal(holds('mpls_labels', 17, at), true);
  t.equal(holds('mpls_labels', 18, at), false, 'behind the stack');
  t.equal(holds('mpls_labels', 17, { ...at, end: 7 }), false, 'not captured');
});

t.test('a value of another kind is our mistake', async (t) => {
  t.throws(() => packetNumber(() => 1)({ address: () => true }), /numbers/);
  t.throws(() => packetColumns.get('src_addr')?.({ number: () => true }), /addresses/);
  t.equal(packetCondition(({ protocol }) => protocol === 6)(undefined)(factsWith({ protocol: 6 })), true);
});
