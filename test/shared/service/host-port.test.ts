import t from 'tap';
import { formatHostPort, parseHostPort } from '../../../shared/service/host-port.ts';

t.test('hosts of all forms', async (t) => {
  t.same(parseHostPort('192.0.2.1:2055'), { host: '192.0.2.1', port: 2055 });
  t.same(parseHostPort('[2001:db8::1]:0'), { host: '2001:db8::1', port: 0 });
  t.same(parseHostPort('flows.example.net:65535'), { host: 'flows.example.net', port: 65535 });
  t.same(parseHostPort(':8080'), { host: '', port: 8080 });
  t.same(parseHostPort('*:8080'), { host: '', port: 8080 });
});

t.test('other texts', async (t) => {
  for (const text of [
    '',
    '8080',
    'host',
    'host:',
    'host:65536',
    '2001:db8::1:80',
    '[host]:1',
    'a/b:1',
    'host:-1',
  ]) {
    t.equal(parseHostPort(text), undefined, text);
  }
});

t.test('an IPv6 address is put into brackets', async (t) => {
  t.equal(formatHostPort('::', 2055), '[::]:2055');
  t.equal(formatHostPort('192.0.2.1', 1), '192.0.2.1:1');
});
