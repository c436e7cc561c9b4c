import t from 'tap';
import {
  findAttributeEnd,
  findNextAttribute,
  readAttributeType,
} from '../../../exporter/observe/netlink-attribute.ts';
import { isLittleEndian } from '../../../exporter/observe/netlink-message.ts';
import { hexBytes, viewOf } from '../../support/capture-builder.ts';

t.test('octets of a little-endian machine', { skip: !isLittleEndian && 'big-endian' }, (t) => {
  const view = viewOf(hexBytes('0500 0180 aa 000000 0300 0100 0900 0100 00000000'));
  t.equal(readAttributeType(view, 0), 1, 'nested or not');
  t.equal(findAttributeEnd(view, 0, 5), 5);
  t.equal(findNextAttribute(0, 5), 8);
  t.equal(findNextAttribute(2, 7), 10, 'counted from the attribute');
  t.equal(findAttributeEnd(view, 0, 4), -1, 'longer than what it is in');
  t.equal(findAttributeEnd(view, 0, 3), -1, 'no header');
  t.equal(findAttributeEnd(view, 8, 20), -1, 'shorter than its header');
  t.equal(findAttributeEnd(view, 12, 20), -1, 'one octet too long');
  t.end();
});
