import t from 'tap';
import { makePacketFields } from '../../../exporter/meter/packet-fields.ts';

t.test('each is an object of its own', async (t) => {
  t.not(makePacketFields(), makePacketFields());
  t.same(makePacketFields(), makePacketFields());
});
