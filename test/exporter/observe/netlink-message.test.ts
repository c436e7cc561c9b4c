import t from 'tap';
import {
  isLittleEndian,
  makeRequest,
  messageFlags,
  messageTypes,
  readErrorNumber,
  visitMessages,
} from '../../../exporter/observe/netlink-message.ts';
import { hexBytes, viewOf } from '../../support/capture-builder.ts';

const visited = (bytes: Uint8Array, at = 0): { readonly whole: boolean; readonly seen: number[][] } => {
  const seen: number[][] = [];
  const whole = visitMessages(viewOf(bytes), at, bytes.length, (...message) => seen.push(message));
  return { whole, seen };
};

// What the kernel sends is in the order of the machine, and so are these octets.
t.test('octets of a little-endian machine', { skip: !isLittleEndian && 'big-endian' }, (t) => {
  t.test('a request for a dump', (t) => {
    const request = makeRequest(messageTypes.connectionGet, messageFlags.dump, 7);
    t.same(request, hexBytes('14000000 0101 0103 07000000 00000000 00 00 0000'));
    t.end();
  });

  t.test('several messages, the first one padded', (t) => {
    const first = '11000000 0001 0000 00000000 00000000 aa 000000';
    const second = '10000000 0300 0200 07000000 00000000';
    t.same(visited(hexBytes(first + second)), {
      whole: true,
      seen: [
        [0x100, 0, 17],
        [3, 20, 36],
      ],
    });
    t.same(visited(hexBytes(`ffff${second}`), 2), { whole: true, seen: [[3, 2, 18]] });
    t.same(visited(hexBytes(first.slice(0, -7))), { whole: true, seen: [[0x100, 0, 17]] }, 'no padding');
    t.end();
  });

  t.test('wrong lengths end the walk', (t) => {
    t.same(visited(hexBytes('00000000 0001 0000 00000000 00000000')), { whole: false, seen: [] });
    t.same(visited(hexBytes('0f000000 0001 0000 00000000 00000000')), { whole: false, seen: [] });
    t.same(visited(hexBytes('11000000 0001 0000 00000000 00000000')), { whole: false, seen: [] });
    t.same(visited(hexBytes('f0ffffff 0001 0000 00000000 00000000')), { whole: false, seen: [] });
    t.same(visited(hexBytes('10000000')), { whole: false, seen: [] });
    t.same(visited(hexBytes('')), { whole: true, seen: [] });
    t.end();
  });

  t.test('error numbers are negative on the wire', (t) => {
    const denied = hexBytes('24000000 0200 0000 07000000 00000000 ffffffff');
    t.equal(readErrorNumber(viewOf(denied), 0, denied.length), 1);
    t.equal(readErrorNumber(viewOf(denied), 0, 16), 0, 'no number there');
    t.end();
  });
  t.end();
});
