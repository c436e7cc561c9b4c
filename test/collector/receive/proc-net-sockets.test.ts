import t from 'tap';
import { parseProcNetSockets } from '../../../collector/receive/proc-net-sockets.ts';

const udp = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops            
  427: 00000000:0807 00000000:0000 07 00000000:00401A00 00:00000000 00000000     0        0 13801 2 000000007bcac9be 90210
  812: 0100007F:1283 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 4294967295 2 0000000000000000 4294967295
`;

const udp6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 2908: 00000000000000000000000000000000:8441 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 13802 2 000000007bcac9be 0
 2909: B80D0120000000000000000001000000:1283 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 13803 2 000000007bcac9be 7
`;

const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     
   0: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1134 1 00000000f1adce59 100 0 0 10 0                      
   2: 0100007F:46CB 0100007F:87FA 06 00000000:00000000 03:000007C9 00000000     0        0 0 3 0000000052499fe3                                      
`;

t.test('UDP over IPv4', async (t) => {
  t.same(parseProcNetSockets(udp, true), [
    {
      localAddress: '0.0.0.0',
      localPort: 2055,
      state: 7,
      receiveQueueBytes: 0x401a00,
      inode: 13801,
      drops: 90210,
    },
    {
      localAddress: '127.0.0.1',
      localPort: 4739,
      state: 7,
      receiveQueueBytes: 0,
      inode: 4294967295,
      drops: 4294967295,
    },
  ]);
});

t.test('UDP over IPv6', async (t) => {
  const sockets = parseProcNetSockets(udp6, true);
  t.match(sockets[0], { localAddress: '::', localPort: 33857, inode: 13802, drops: 0 });
  t.match(sockets[1], { localAddress: '2001:db8::1', localPort: 4739, inode: 13803, drops: 7 });
});

t.test('words are in the byte order of the host', async (t) => {
  t.equal(parseProcNetSockets(udp.replace('0100007F', '7F000001'), false)[1]?.localAddress, '127.0.0.1');
});

t.test('TCP has no drops', async (t) => {
  const sockets = parseProcNetSockets(tcp, true);
  t.match(sockets, [
    { localPort: 2024, state: 10, inode: 1134, drops: 0 },
    { localPort: 18123, state: 6, inode: 0, drops: 0 },
  ]);
});

t.test('other text has no sockets', async (t) => {
  t.same(parseProcNetSockets(''), []);
  t.same(parseProcNetSockets('  1: 00000000:0807 00000000'), []);
});
