import t from 'tap';
import { describeBindProblem } from '../../../collector/receive/bind-problem.ts';

const describe = (code: string, host = '', port = 514): Promise<string> =>
  describeBindProblem(Object.assign(new Error(`bind ${code}`), { code }), { protocol: 'udp', host, port });

t.test('each cause has its line', async (t) => {
  t.match(
    await describe('EADDRINUSE', '', 0),
    /^port 0 is taken by another process \(as root, "ss -ulnp" shows which\)$/,
  );
  t.match(await describe('EACCES'), /^port 514 needs a privilege: .*cap_net_bind_service/);
  t.match(await describe('EADDRNOTAVAIL', '192.0.2.1'), /^192.0.2.1 is not an address of this machine/);
  t.match(await describe('EAFNOSUPPORT', '::1'), /^IPv6 is switched off/);
  t.match(await describe('ENOTFOUND', 'nowhere.invalid'), /^the host name nowhere.invalid is not known$/);
  t.match(await describe('EINVAL', 'fe80::1'), /needs its interface/);
  t.equal(await describe('ENOBUFS'), 'bind ENOBUFS', 'what is not foreseen keeps its own words');
  t.equal(await describeBindProblem('odd', { protocol: 'udp', host: '', port: 1 }), 'odd');
  for (const code of ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'EINVAL'])
    t.notMatch(await describe(code), /\n/);
});
