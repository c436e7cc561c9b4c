import t from 'tap';
import { makeUdpPacket, readUdpPacket } from '../../../shared/capture/udp-packet.ts';
import { hexBytes, viewOf } from '../../support/capture-builder.ts';

const read = (hex: string) => {
  const bytes = hexBytes(`ff${hex}`);
  const packet = makeUdpPacket();
  return readUdpPacket(packet, viewOf(bytes), 1, bytes.length) ? packet : undefined;
};

t.test('ports and payload', async (t) => {
  t.same(read('c350 0807 000a 1234 0102'), {
    srcPort: 50000,
    dstPort: 2055,
    payloadAt: 9,
    payloadEnd: 11,
    isCut: false,
  });
  t.match(
    read('c350 0807 000a 1234 0102 0000'),
    { payloadEnd: 11, isCut: false },
    'octets behind it are not its own',
  );
  t.match(read('c350 0807 0064 1234 0102'), { payloadEnd: 11, isCut: true });
  t.match(read('c350 0807 0000 1234 0102'), { payloadEnd: 11, isCut: false }, 'a jumbogram');
  t.match(read('c350 0807 0008 1234'), { payloadAt: 9, payloadEnd: 9 });
});

t.test('no header', async (t) => {
  t.equal(read('c350 0807 0008 12'), undefined);
  t.equal(read('c350 0807 0007 1234'), undefined);
});
