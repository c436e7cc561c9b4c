import t from 'tap';
import { Gate } from '../../../collector/store/gate.ts';

/** A task that ends when it is told to. */
const task = (log: string[], name: string) => {
  let end = (_error?: Error): void => undefined;
  const ended = new Promise<void>((resolve, reject) => {
    end = (error) => (error ? reject(error) : resolve());
  });
  const run = async (): Promise<string> => {
    log.push(name);
    await ended;
    return name;
  };
  return { run, end: (error?: Error) => end(error) };
};
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test('so many run, the others wait in order', async (t) => {
  const gate = new Gate(2);
  const log: string[] = [];
  const tasks = ['a', 'b', 'c', 'd'].map((name) => task(log, name));
  const results = tasks.map(({ run }) => gate.run(run));
  await turn();
  t.same(log, ['a', 'b']);
  tasks[1]?.end();
  await turn();
  t.same(log, ['a', 'b', 'c'], 'one ended, one began');
  tasks[2]?.end();
  tasks[0]?.end();
  tasks[3]?.end();
  t.same(await Promise.all(results), ['a', 'b', 'c', 'd']);
});

t.test('a task that fails makes room, and its error reaches its caller', async (t) => {
  const gate = new Gate(1);
  const log: string[] = [];
  const [bad, good] = [task(log, 'bad'), task(log, 'good')];
  const first = t.rejects(gate.run(bad.run), { message: 'broken' });
  const second = gate.run(good.run);
  bad.end(new Error('broken'));
  await first;
  good.end();
  t.equal(await second, 'good');
});

t.test('one that comes when another hands over does not go past the limit', async (t) => {
  const gate = new Gate(1);
  let atOnce = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++atOnce);
    await turn();
    atOnce--;
  };
  const chain = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await gate.run(work);
  };
  await Promise.all([chain(), chain(), chain()]);
  t.equal(most, 1);
});
