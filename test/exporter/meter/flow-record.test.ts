import t from 'tap';
import { makeFlowRecord } from '../../../exporter/meter/flow-record.ts';

t.test('records do not share their addresses', async (t) => {
  const [one, other] = [makeFlowRecord(), makeFlowRecord()];
  const addresses = [one.srcAddress, one.dstAddress, one.postSrcAddress, one.postDstAddress];
  for (const address of addresses) address.fill(1);
  t.equal(new Set(addresses).size, 4);
  t.same(other.srcAddress, new Uint8Array(16));
  t.same(other.postDstAddress, new Uint8Array(16));
});
