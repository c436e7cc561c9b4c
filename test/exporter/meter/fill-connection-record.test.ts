import t from 'tap';
import { fillConnectionRecord } from '../../../exporter/meter/fill-connection-record.ts';
import { makeFlowRecord } from '../../../exporter/meter/flow-record.ts';
import { formatAddress } from '../../../shared/wire/address.ts';
import { makeTestConnection } from '../../support/connections.ts';

t.test('a translated connection', async (t) => {
  const record = makeFlowRecord();
  fillConnectionRecord(
    record,
    makeTestConnection({
      id: 9,
      replyFrom: ['10.1.0.9', 8443],
      replyTo: ['203.0.113.7', 40005],
      hasCounters: true,
      packets: 1,
      octets: 2,
      reversePackets: 3,
      reverseOctets: 4,
      timeoutSeconds: 7,
      labels: 'f'.repeat(32),
      helper: 'sip',
    }),
    1 << 4,
  );
  t.match(record, {
    family: 4,
    protocol: 6,
    srcPort: 40000,
    dstPort: 443,
    isTranslated: true,
    postSrcPort: 40005,
    postDstPort: 8443,
    totalPackets: 1,
    totalOctets: 2,
    reverseTotalPackets: 3,
    reverseTotalOctets: 4,
    hasCounters: true,
    tcpFlags: 0x13,
    connectionId: 9,
    flowIdLow: 9,
    state: 3,
    timeoutSeconds: 7,
    helper: 'sip',
    labels: 'f'.repeat(32),
  });
  t.same(
    [record.srcAddress, record.dstAddress, record.postSrcAddress, record.postDstAddress].map((address) =>
      formatAddress(address, 0),
    ),
    ['10.0.0.2', '192.0.2.80', '203.0.113.7', '10.1.0.9'],
  );
});

t.test('what a message does not have is 0; other protocols have no TCP flags', async (t) => {
  const record = makeFlowRecord();
  const connection = makeTestConnection({
    protocol: 58,
    state: -1,
    from: ['fd00::1', 0],
    to: ['fd00::2', 0],
  });
  Object.assign(connection.original, { icmpType: 128, icmpCode: 1, icmpId: 77 });
  fillConnectionRecord(record, connection, 0);
  t.match(record, {
    family: 6,
    icmpType: 128,
    icmpCode: 1,
    icmpId: 77,
    isTranslated: false,
    state: 0,
    timeoutSeconds: 0,
    tcpFlags: 0,
    reverseTcpFlags: 0,
  });
});
