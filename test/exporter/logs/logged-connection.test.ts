import t from 'tap';
import { makeLoggedConnection } from '../../../exporter/logs/logged-connection.ts';
import { makeConnection } from '../../../exporter/observe/connection.ts';

t.test('nothing is said yet, and no two share anything', async (t) => {
  const logged = makeLoggedConnection();
  t.same(logged, { connection: makeConnection(), endMicros: 0 });
  logged.connection.original.src.fill(1);
  t.equal(makeLoggedConnection().connection.original.src[0], 0);
});
