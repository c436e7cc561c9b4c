import t from 'tap';
import type { LedgerView } from '../../../collector/ask/ledger-view.ts';
import type { Query } from '../../../collector/ask/query.ts';
import type { Question } from '../../../collector/ask/report.ts';
import { parseHostArgument } from '../../../collector/reports/host-argument.ts';
import type { AskedTime } from '../../../collector/reports/nat-candidates.ts';
import { maxFragments } from '../../../collector/reports/nat-fragments.ts';
import { planPublic } from '../../../collector/reports/nat-public.ts';
import type { NatFragment } from '../../../collector/reports/nat-sessions.ts';
import { fragment, otherHost, second } from '../../support/nat-ask-fragments.ts';
import { ledgerView } from '../../support/nat-ask-view.ts';

const lookBackMicros = 3600e6;
const asked = { at: second(30), from: second(28), to: second(32), lookBackMicros };

/** What is shown and said of these records. */
const answer = async (
  fragments: readonly NatFragment[],
  more: Partial<Question> = {},
  view: Partial<LedgerView> = {},
  time: AskedTime = asked,
) => {
  const question: Question = {
    range: { from: 0, to: 1, isRelative: false },
    ...{ filter: undefined, limit: 50, offset: 0, argument: undefined, options: {}, ...more },
  };
  const narrowing = { protocol: undefined, remote: undefined, lookBackMicros };
  const end = parseHostArgument('', '1.2.3.4:53500');
  const plan = await planPublic(end, time, narrowing, question, ledgerView(view));
  const rows = (await plan.arrange?.(fragments as unknown as readonly Record<string, unknown>[])) ?? [];
  return { plan, rows, said: (await plan.conclude?.(rows)) ?? [] };
};

t.test('the range that is answered is the time with its uncertainty', async (t) => {
  const { plan, said } = await answer([fragment('flow', 0, 60)]);
  t.same(plan.range, { from: second(28), to: second(32), isRelative: false });
  t.same(said, [], 'of one host there is nothing to say');
});

t.test('what the answer means', async (t) => {
  const two = await answer([fragment('flow', 0, 60), fragment('flow', 20, 40, { ...otherHost, proto: 17 })]);
  t.equal(two.rows.length, 2);
  t.match(two.said, [/^2 hosts may have had it/]);
  t.match((await answer([fragment('create', 0)])).said, [/^open: no record tells of its end/]);
});

t.test('more than are shown', async (t) => {
  const several = [1, 2, 3].map((port) => fragment('flow', 0, 60, { inside_port: port, remote_port: port }));
  const { rows, said } = await answer(several, { limit: 1, offset: 1 });
  t.equal(rows.length, 1);
  t.match(said, [/^1 more: see --limit/]);
  const many = Array.from({ length: maxFragments }, (_, i) =>
    fragment('flow', 0, 60, { flow_id: String(i + 1) }),
  );
  t.match((await answer(many, { limit: maxFragments })).said, [/^more than 20000 records fit/]);
});

t.test('gaps of other exporters are not of the answer', async (t) => {
  const gap = {
    domain: 0,
    minutesHeard: 1,
    minutes: 20,
    longestSilence: 900e6,
    silentFrom: second(-60),
    missing: 0,
    lost: 0,
  };
  const heardOf = (exporter: string) => ({ heard: async () => [{ ...gap, exporter }] });
  const own = await answer([fragment('flow', 0, 60)], {}, heardOf('::ffff:10.0.0.1'));
  t.match(own.rows, [{ sure: 'gap' }]);
  t.match(own.said, [/^in a gap of the data: exporter 10\.0\.0\.1 was silent/]);
  const other = await answer([fragment('flow', 0, 60)], {}, heardOf('::ffff:10.0.0.2'));
  t.match(other.rows, [{ sure: 'exact' }]);
  t.same(other.said, []);
  const nobody = await answer([], {}, heardOf('::ffff:10.0.0.2'));
  t.match(nobody.said, [/nothing in the ledger/]);
  t.equal(nobody.said.length, 1, 'an exporter that never translated anything would not have told');
  const ask = async <Asked>({ params }: Query): Promise<Asked[]> =>
    ('gap_exporters' in params ? [{ exporter: '::ffff:10.0.0.2', domain: 0 }] : []) as Asked[];
  const nothing = await answer([], {}, { ...heardOf('::ffff:10.0.0.2'), ask });
  t.match(
    nothing.said,
    [/nothing in the ledger/, /10\.0\.0\.2 was silent/],
    'where nothing is found, each that translates may have known',
  );
});

t.test('nobody in a range: whether exporters were heard', async (t) => {
  const range = { ...asked, at: undefined };
  const { plan, said } = await answer([], {}, {}, range);
  t.equal(plan.explainsEmpty, true, 'the runner does not say something else');
  t.match(said, [/nothing in the ledger/, /no exporter was heard in this time/]);
});
