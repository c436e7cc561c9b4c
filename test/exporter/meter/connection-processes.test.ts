import t from 'tap';
import { ConnectionKey } from '../../../exporter/meter/connection-key.ts';
import { ConnectionProcesses } from '../../../exporter/meter/connection-processes.ts';
import type { ProcessFacts } from '../../../exporter/observe/process-facts.ts';
import { makeTestConnection } from '../../support/connections.ts';

const factsOf = (pid: number): ProcessFacts => ({ pid }) as ProcessFacts;

const keyOf = (id: number): ConnectionKey => {
  const key = new ConnectionKey();
  key.set(makeTestConnection({ id }));
  return key;
};

t.test('processes stay with their connection until it is forgotten', (t) => {
  const processes = new ConnectionProcesses(10);
  const [one, two] = [keyOf(0xfffffffe), keyOf(0xffffffff)];
  processes.keep(one, makeTestConnection({ kind: 'new', srcProcess: factsOf(1) }));
  processes.keep(two, makeTestConnection({ kind: 'new', dstProcess: factsOf(2) }));
  processes.keep(one, makeTestConnection({ kind: 'update' }));
  t.match(processes.find(one), { srcProcess: { pid: 1 }, dstProcess: undefined });
  t.match(processes.find(two), { srcProcess: undefined, dstProcess: { pid: 2 } });
  processes.forget(one);
  t.equal(processes.find(one), undefined);
  t.match(processes.find(two), { dstProcess: { pid: 2 } });
  t.end();
});

t.test('a dump tells of connections that were there before, and of no others', (t) => {
  const processes = new ConnectionProcesses(10);
  const key = keyOf(1);
  processes.keep(key, makeTestConnection({ kind: 'dump', srcProcess: factsOf(1) }));
  t.match(processes.find(key), { srcProcess: { pid: 1 } });
  processes.keep(key, makeTestConnection({ kind: 'new', srcProcess: factsOf(2) }));
  processes.keep(key, makeTestConnection({ kind: 'dump', srcProcess: factsOf(3) }));
  t.match(processes.find(key), { srcProcess: { pid: 2 } });
  processes.keep(key, makeTestConnection({ kind: 'new' }));
  t.equal(processes.find(key), undefined, 'the id is used again, by nobody we know');
  t.end();
});

t.test('the oldest go first', (t) => {
  const processes = new ConnectionProcesses(2);
  for (const id of [1, 2, 3])
    processes.keep(keyOf(id), makeTestConnection({ kind: 'new', srcProcess: factsOf(id) }));
  t.equal(processes.find(keyOf(1)), undefined);
  t.match(processes.find(keyOf(2)), { srcProcess: { pid: 2 } });
  t.match(processes.find(keyOf(3)), { srcProcess: { pid: 3 } });
  t.end();
});
