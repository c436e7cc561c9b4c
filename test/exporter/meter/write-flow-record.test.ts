import t from 'tap';
import { makeFlowRecord } from '../../../exporter/meter/flow-record.ts';
import { FlowSlots } from '../../../exporter/meter/flow-slots.ts';
import { writeFlowRecord } from '../../../exporter/meter/write-flow-record.ts';
import { formatAddress } from '../../../shared/wire/address.ts';

t.test('each word goes to its place', async (t) => {
  const slots = new FlowSlots(3);
  slots.take();
  const slot = slots.take();
  slots.words.set([0, 0, 0xffff, 0x0a000001, 0, 0, 0xffff, 0xc0000201 | 0, 0x00500400, 6], slot * 16);
  slots.words[slot * 16 + 13] = 0x10000 | 0x1812;
  slots.numbers.set([1_700_000_000_250_000, 1_700_000_001_000_000, 0, 0, 1, 2, 3, 2 ** 40], slot * 8);
  slots.details.set([5 | (6 << 12), 7, 0xb8, 0x0301, 9, (40 << 16) | 1500, (1 << 8) | 255, -1], slot * 8);
  slots.earlier.set([10, 20, 30, 40], slot * 4);
  const record = makeFlowRecord();
  writeFlowRecord(record, slots, slot, 3, true);
  t.equal(formatAddress(record.srcAddress, 0), '192.0.2.1', 'the higher end began');
  t.equal(formatAddress(record.dstAddress, 0), '10.0.0.1');
  t.match(record, {
    family: 4,
    protocol: 6,
    srcPort: 0x0400,
    dstPort: 80,
    tcpFlags: 0x12,
    reverseTcpFlags: 0x18,
    startMicros: 1_700_000_000_250_000,
    endMicros: 1_700_000_001_000_000,
    endReason: 3,
    packets: 1,
    octets: 2,
    reversePackets: 3,
    reverseOctets: 2 ** 40,
    totalPackets: 11,
    totalOctets: 22,
    reverseTotalPackets: 33,
    reverseTotalOctets: 2 ** 40 + 40,
    flowIdHigh: 1_700_000_000,
    flowIdLow: 0xffffffff,
    vlan: 5,
    innerVlan: 6,
    inInterface: 7,
    tos: 0xb8,
    icmpType: 3,
    icmpCode: 1,
    icmpId: 9,
    minLength: 40,
    maxLength: 1500,
    minTtl: 1,
    maxTtl: 255,
  });
  const plain = makeFlowRecord();
  writeFlowRecord(plain, slots, slot, 3, false);
  t.match(plain, { minLength: 0, maxLength: 0, minTtl: 0, maxTtl: 0 });
});
