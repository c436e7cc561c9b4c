import t from 'tap';
import { parseHostArgument } from '../../../collector/reports/host-argument.ts';
import { maxFragments } from '../../../collector/reports/nat-fragments.ts';
import { planInside } from '../../../collector/reports/nat-inside.ts';
import type { NatFragment } from '../../../collector/reports/nat-sessions.ts';
import { fragment, second } from '../../support/nat-ask-fragments.ts';
import { ledgerView } from '../../support/nat-ask-view.ts';

const answer = async (fragments: readonly NatFragment[], limit = 50) => {
  const question = {
    range: { from: second(0), to: second(100), isRelative: false },
    ...{ filter: undefined, limit, offset: 0, argument: undefined, options: {} },
  };
  const narrowing = { protocol: undefined, remote: undefined, lookBackMicros: 3600e6 };
  const plan = await planInside(parseHostArgument('', '192.168.1.129'), narrowing, question, ledgerView());
  const rows = (await plan.arrange?.(fragments as unknown as readonly Record<string, unknown>[])) ?? [];
  return {
    plan,
    ports: rows.map(({ public_port }) => public_port),
    said: (await plan.conclude?.(rows)) ?? [],
  };
};

const ofPort = (port: number, from: number, to = from): NatFragment =>
  fragment('flow', from, to, { first_port: port, last_port: port });

t.test('the newest first, of the range', async (t) => {
  const { ports } = await answer([
    ofPort(1, -50, -10),
    ofPort(2, -50, 10),
    ofPort(3, 50, 60),
    ofPort(4, 100, 110),
  ]);
  t.same(ports, ['3', '2']);
});

t.test('more than are shown', async (t) => {
  const { ports, said } = await answer([ofPort(1, 1), ofPort(2, 2), ofPort(3, 3)], 2);
  t.same(ports, ['3', '2']);
  t.match(said, [/^1 more/]);
  const many = Array.from({ length: maxFragments }, (_, i) => ofPort(i, 1));
  t.match((await answer(many)).said, [/^more than 20000 records fit/, /more: see --limit/]);
});
