import t from 'tap';
import { isIcmp } from '../../../exporter/print/is-icmp.ts';
import { makeRecord } from '../../support/printed-records.ts';

t.test('each over its own IP', async (t) => {
  t.equal(isIcmp(makeRecord({ family: 4, protocol: 1 })), true);
  t.equal(isIcmp(makeRecord({ family: 6, protocol: 58 })), true);
  t.equal(isIcmp(makeRecord({ family: 4, protocol: 58 })), false);
  t.equal(isIcmp(makeRecord({ family: 6, protocol: 1 })), false);
  t.equal(isIcmp(makeRecord({ family: 4, protocol: 6 })), false);
});
