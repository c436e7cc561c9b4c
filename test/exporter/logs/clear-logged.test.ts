import t from 'tap';
import { clearLogged } from '../../../exporter/logs/clear-logged.ts';
import { makeLoggedConnection } from '../../../exporter/logs/logged-connection.ts';

t.test('all but addresses, family and protocol is as in a new one that a listing has', async (t) => {
  const logged = makeLoggedConnection();
  const { connection } = logged;
  const { original, reply, ...values } = connection;
  for (const object of [original, reply, values])
    for (const [key, value] of Object.entries(object))
      if (typeof value === 'number') Object.assign(object === values ? connection : object, { [key]: 7 });
  Object.assign(connection, { hasCounters: true, helper: 'ftp', labels: 'f'.repeat(32), kind: 'destroy' });
  logged.endMicros = 7;
  clearLogged(logged);
  const made = makeLoggedConnection();
  Object.assign(made.connection, { kind: 'dump', family: 7, protocol: 7 });
  t.same(logged, made);
});
