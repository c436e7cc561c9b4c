import t from 'tap';
import type { Query } from '../../../collector/ask/query.ts';
import { parseHostArgument } from '../../../collector/reports/host-argument.ts';
import { explainNothing } from '../../../collector/reports/nat-nothing.ts';
import { joinNatSessions, type NatFragment } from '../../../collector/reports/nat-sessions.ts';
import { fragment, otherHost, second } from '../../support/nat-ask-fragments.ts';
import { ledgerView } from '../../support/nat-ask-view.ts';

const asked = { at: second(100), from: second(98), to: second(102), lookBackMicros: 3600e6 };

/** `found`: whether the ledger has translations to the address, of the address, and flows of its own. */
const explain = (fragments: readonly NatFragment[], found: readonly boolean[] = []) => {
  const answers = [...found];
  // How far nat_log has come is asked, too, and is not what this is about.
  const ask = async <Row>({ sql }: Query): Promise<Row[]> =>
    !sql.includes('(max(') && answers.shift() ? ([{}] as Row[]) : [];
  const end = parseHostArgument('', '1.2.3.4:53500');
  return explainNothing(ledgerView({ ask }), end, asked, joinNatSessions(fragments));
};

t.test('who had it before and after: the nearest', async (t) => {
  t.same(
    await explain([
      fragment('flow', 0, 10),
      fragment('flow', 50, 60, otherHost),
      fragment('flow', 200, 210),
      fragment('flow', 300, 310),
    ]),
    [
      '1.2.3.4:53500 was not in use then',
      'before that 192.168.1.7:40000 had it from 50 s to 60 s',
      'after that 192.168.1.129:53400 had it from 200 s to 210 s',
    ],
  );
  t.same(await explain([fragment('delete', 60)]), [
    '1.2.3.4:53500 was not in use then',
    'before that 192.168.1.129:53400 had it from an unknown time to 60 s',
  ]);
});

t.test('nobody had it', async (t) => {
  t.match(await explain([], [true]), [/^1\.2\.3\.4:53500 was not in use within 1 h before and after/]);
  t.same(await explain([], [false, false, false]), [
    '1.2.3.4:53500: nothing in the ledger was translated to this address',
  ]);
  t.match(await explain([], [false, true]), [/it is an inside address.* --inside 1\.2\.3\.4:53500/]);
  t.match(await explain([], [false, false, true]), [/flows without translation had it as their own address/]);
});
