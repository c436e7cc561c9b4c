import t from 'tap';
import { makeReverser } from '../../../exporter/export/reverse-record.ts';
import { natFlow } from '../../support/flow-records.ts';
import { curl, onlyUid } from '../../support/processes.ts';

const reply = natFlow({
  srcAddress: '192.0.2.9',
  dstAddress: '203.0.113.5',
  srcPort: 443,
  dstPort: 61000,
  postSrcAddress: '192.0.2.9',
  postDstAddress: '10.0.0.1',
  postSrcPort: 443,
  postDstPort: 40000,
  packets: 8,
  octets: 9000,
  totalPackets: 12,
  totalOctets: 13,
  tcpFlags: 0x13,
  // Nothing is said of the other direction.
  reversePackets: 0,
  reverseOctets: 0,
  reverseTotalPackets: 0,
  reverseTotalOctets: 0,
  reverseTcpFlags: 0,
  zone: 3,
  mark: 4,
  srcProcess: onlyUid,
  dstProcess: curl,
});

t.test(
  'the reply comes from where the flow was translated to, and goes to its translated source',
  async (t) => {
    t.same(makeReverser()(natFlow({ zone: 3, mark: 4, srcProcess: curl, dstProcess: onlyUid })), reply);
  },
);

t.test('the same record is filled again', async (t) => {
  const reverse = makeReverser();
  const first = reverse(natFlow());
  const flow = natFlow({ source: 'packets', isTranslated: false, postSrcPort: 0, postDstPort: 0, vlan: 12 });
  t.equal(reverse(flow), first);
  t.same([first.srcAddress, first.dstAddress], [flow.dstAddress, flow.srcAddress]);
  t.same([first.srcPort, first.dstPort, first.vlan, first.source], [443, 40000, 12, 'packets']);
});

t.test('prefixes and counts of an aggregate change sides', async (t) => {
  const aggregate = natFlow({
    form: 'aggregate',
    srcPrefixLength: 24,
    dstPrefixLength: 32,
    distinctSources: 3,
    distinctDestinations: 1,
  });
  const { srcPrefixLength, dstPrefixLength, distinctSources, distinctDestinations } =
    makeReverser()(aggregate);
  t.same([srcPrefixLength, dstPrefixLength, distinctSources, distinctDestinations], [32, 24, 1, 3]);
});

t.test('queries of ICMP are answered by replies', async (t) => {
  const reverse = makeReverser();
  const typeOf = (protocol: number, icmpType: number): number =>
    reverse(natFlow({ protocol, icmpType, icmpCode: 2 })).icmpType;
  t.same(
    [8, 13, 15, 17, 3].map((type) => typeOf(1, type)),
    [0, 14, 16, 18, 3],
  );
  t.same(
    [128, 139, 1, 8].map((type) => typeOf(58, type)),
    [129, 140, 1, 8],
  );
});
