import t from 'tap';
import { findInheritedSocket } from '../../../exporter/observe/inherited-socket.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';

const find = (env: NodeJS.ProcessEnv, netfilterFds: readonly number[] = [4]): number | undefined =>
  findInheritedSocket(env, {
    pid: 77,
    findGroups: (fd) => (netfilterFds.includes(fd) ? 7 : undefined),
  });

t.test('the first socket of netfilter among those that were passed', (t) => {
  t.equal(find({ LISTEN_PID: '77', LISTEN_FDS: '3' }, [4, 5]), 4);
  t.equal(find({ LISTEN_PID: '77', LISTEN_FDS: '1' }, [3]), 3);
  t.end();
});

t.test('nothing was passed to this process', (t) => {
  t.equal(find({}), undefined);
  t.equal(find({ LISTEN_FDS: '3' }), undefined);
  t.equal(find({ LISTEN_PID: '76', LISTEN_FDS: '3' }), undefined, 'but to its parent');
  t.equal(find({ LISTEN_PID: '77' }), undefined);
  for (const count of ['0', '-1', 'x', '1.5', '999999999'])
    t.equal(find({ LISTEN_PID: '77', LISTEN_FDS: count }), undefined, count);
  t.end();
});

t.test('other sockets only: the unit is wrong', (t) => {
  t.throws(() => find({ LISTEN_PID: '77', LISTEN_FDS: '1' }), ConfigError);
  t.throws(() => find({ LISTEN_PID: '77', LISTEN_FDS: '1' }), /ListenNetlink=netfilter 7/);
  t.end();
});
