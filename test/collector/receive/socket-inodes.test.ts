import { createServer } from 'node:net';
import t from 'tap';
import { socketInodes } from '../../../collector/receive/socket-inodes.ts';

t.test('a socket more, an inode more', async (t) => {
  const before = await socketInodes('self');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const during = await socketInodes(process.pid);
  await new Promise((resolve) => server.close(resolve));
  t.equal([...during].filter((inode) => !before.has(inode)).length, 1);
});

t.test('a process that is not there has none', async (t) => {
  t.equal((await socketInodes(2 ** 22 + 1)).size, 0);
});
