import t from 'tap';
import { narrow, timeOf } from '../../../collector/reports/nat-narrowing.ts';

t.test('nothing is typed into SQL', async (t) => {
  const lookBackMicros = 0;
  t.same(narrow({ protocol: undefined, remote: undefined, lookBackMicros }), { where: [], params: {} });
  const remote = { address: '::ffff:19.1.16.7', port: 443 };
  t.same(narrow({ protocol: 17, remote, lookBackMicros }), {
    where: [
      'proto IN (0, {proto:UInt8})',
      "((remote_addr = {remote:IPv6} AND remote_port = {remote_port:UInt16}) OR NOT (remote_addr NOT IN (toIPv6('::'), toIPv6('::ffff:0.0.0.0'))))",
    ],
    params: { proto: 17, remote: '::ffff:19.1.16.7', remote_port: 443 },
  });
  t.same(narrow({ protocol: undefined, remote: { ...remote, port: undefined }, lookBackMicros }), {
    where: [
      "((remote_addr = {remote:IPv6}) OR NOT (remote_addr NOT IN (toIPv6('::'), toIPv6('::ffff:0.0.0.0'))))",
    ],
    params: { remote: '::ffff:19.1.16.7' },
  });
  t.equal(timeOf('least'), "fromUnixTimestamp64Micro({least:Int64}, 'UTC')");
});
