import { EventEmitter, once } from 'node:events';
import t from 'tap';
import { Lifecycle } from '../../../shared/service/lifecycle.ts';

/** A process that notes its exit instead of ending, and a clock that is turned by hand. */
const makeFake = () => {
  const said: string[] = [];
  const codes: number[] = [];
  const deadline: { pass: (() => void) | undefined } = { pass: undefined };
  const process = Object.assign(new EventEmitter(), {
    exit: (code: number) => {
      codes.push(code);
      process.emit('exited');
    },
  });
  const lifecycle = new Lifecycle({
    process,
    deadlineMs: 5000,
    report: (message) => said.push(message),
    after: (milliseconds, callback) => {
      said.push(`deadline in ${milliseconds}`);
      deadline.pass = callback;
      return () => {
        deadline.pass = undefined;
      };
    },
  });
  return { process, lifecycle, said, codes, deadline };
};

t.test('a signal stops the last started first, each step after the other', async (t) => {
  const { process, lifecycle, said, codes, deadline } = makeFake();
  const order: string[] = [];
  for (const name of ['clickhouse', 'ledger', 'sockets']) {
    lifecycle.onStop(name, async () => {
      order.push(`${name} begins`);
      await null;
      order.push(`${name} ends`);
    });
  }
  t.equal(lifecycle.stopping, false);
  process.emit('SIGTERM', 'SIGTERM');
  t.equal(lifecycle.stopping, true);
  await once(process, 'exited');
  t.same(order, [
    'sockets begins',
    'sockets ends',
    'ledger begins',
    'ledger ends',
    'clickhouse begins',
    'clickhouse ends',
  ]);
  t.same(codes, [0]);
  t.same(said, ['SIGTERM: stopping; a second one ends at once', 'deadline in 5000']);
  t.equal(deadline.pass, undefined, 'the deadline is off');
  t.equal(process.listenerCount('SIGTERM') + process.listenerCount('SIGINT'), 0);
});

t.test('a second signal ends at once', async (t) => {
  const { process, lifecycle, codes } = makeFake();
  lifecycle.onStop('never', () => new Promise(() => {}));
  process.emit('SIGTERM', 'SIGTERM');
  process.emit('SIGINT', 'SIGINT');
  t.same(codes, [130]);
});

t.test('past the deadline it ends, and says what was not done', async (t) => {
  const { process, lifecycle, said, codes, deadline } = makeFake();
  lifecycle.onStop('ledger', () => new Promise(() => {}));
  lifecycle.onStop('sockets', () => {});
  process.emit('SIGINT', 'SIGINT');
  await new Promise((resolve) => setImmediate(resolve));
  deadline.pass?.();
  t.same(codes, [1]);
  t.equal(said.at(-1), 'could not stop within 5000 ms: ledger is not done');
});

t.test('a step that fails does not keep the others from running', async (t) => {
  const { lifecycle, said, codes } = makeFake();
  let ran = false;
  lifecycle.onStop('clickhouse', () => {
    ran = true;
  });
  lifecycle.onStop('ledger', async () => {
    throw new Error('12 rows not stored');
  });
  await Promise.all([lifecycle.stop(0), lifecycle.stop(3)]);
  t.equal(ran, true);
  t.same(codes, [1], 'exits once');
  t.ok(said.includes('ledger: 12 rows not stored'));
});

t.test('the exit code of who stops it is kept', async (t) => {
  const { lifecycle, codes } = makeFake();
  await lifecycle.stop(2);
  t.same(codes, [2]);
});
