import t from 'tap';
import { servicePorts } from '../../../collector/filter/service-ports.ts';

t.test('services have their ports of IANA', async (t) => {
  const some = ['ssh', 'domain', 'dns', 'http', 'https', 'ldaps', 'ms-sql-s', 'postgresql', 'wireguard'];
  t.same(
    some.map((name) => servicePorts.get(name)),
    [22, 53, 53, 80, 443, 636, 1433, 5432, 51_820],
  );
  const names = [...servicePorts.keys()];
  t.same(
    names.filter((name) => !/^[a-z][a-z0-9-]*$/.test(name)),
    [],
    'none could be a range or a number',
  );
});

t.test('no name has two ports', async (t) => {
  t.equal(servicePorts.size, 147, 'as many as the table has words');
});
