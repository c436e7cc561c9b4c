import t from 'tap';
import { clearConnection, makeConnection, stateNames } from '../../../exporter/observe/connection.ts';

t.test('connections share nothing', (t) => {
  const [one, other] = [makeConnection(), makeConnection()];
  one.original.src[0] = 1;
  t.equal(one.original.dst[0], 0);
  t.equal(one.reply.src[0], 0);
  t.equal(other.original.src[0], 0);
  t.end();
});

t.test('names of states stand at the numbers of the kernel', (t) => {
  t.equal(stateNames[6]?.[7], 'TIME_WAIT');
  t.equal(stateNames[33]?.[4], 'OPEN');
  t.equal(stateNames[132]?.[4], 'ESTABLISHED');
  t.end();
});

t.test('what is cleared is as in a new one, but for what every message says', async (t) => {
  const connection = makeConnection();
  const { original, reply, ...values } = connection;
  for (const [key, value] of Object.entries(values))
    if (typeof value === 'number') Object.assign(connection, { [key]: 7 });
  Object.assign(connection, { kind: 'destroy', hasCounters: true, helper: 'ftp', labels: 'f'.repeat(32) });
  clearConnection(connection);
  t.same(connection, { ...makeConnection(), kind: 'destroy', portId: 7, family: 7, protocol: 7 });
});
