import dgram from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import t from 'tap';
import { findPortOwner } from '../../../collector/receive/port-owner.ts';

t.test('the process that has a UDP port, and a TCP port', async (t) => {
  const udp = dgram.createSocket('udp4').bind(0, '127.0.0.1');
  await once(udp, 'listening');
  const owner = await findPortOwner('udp', udp.address().port);
  t.equal(owner?.pid, process.pid);
  t.ok(owner?.name);
  udp.close();

  const tcp = createServer().listen(0, '::');
  await once(tcp, 'listening');
  t.equal((await findPortOwner('tcp', (tcp.address() as AddressInfo).port))?.pid, process.pid);
  tcp.close();
});

t.test('nobody has port 0', async (t) => {
  t.equal(await findPortOwner('udp', 0), undefined);
});
