import t from 'tap';
import type { HeardExporter } from '../../../collector/ask/ledger-view.ts';
import { findGaps } from '../../../collector/reports/nat-gaps.ts';
import { second } from '../../support/nat-ask-fragments.ts';
import { ledgerView } from '../../support/nat-ask-view.ts';

const healthy: HeardExporter = {
  ...{ exporter: '::ffff:10.0.0.1', domain: 0, minutesHeard: 20, minutes: 20 },
  ...{ longestSilence: 0, silentFrom: 0, missing: 0, lost: 0 },
};

const gapsAt = async (seconds: number, more: Partial<HeardExporter>): Promise<readonly string[]> => {
  const heard = async (): Promise<readonly HeardExporter[]> => [{ ...healthy, ...more }];
  return (await findGaps(ledgerView({ heard }), second(seconds))).map(({ text }) => text);
};

t.test('silence', async (t) => {
  const silent = { longestSilence: 300e6, silentFrom: second(1000) };
  t.same(await gapsAt(1200, silent), ['exporter 10.0.0.1 was silent for 5 min from 1000 s on']);
  t.same(await gapsAt(999, silent), [], 'before it');
  t.same(await gapsAt(1301, silent), [], 'after it');
  t.same(
    await gapsAt(1100, { ...silent, longestSilence: 240e6 }),
    [],
    'a gateway may have nothing to tell for a while',
  );
});

t.test('losses', async (t) => {
  t.same(await gapsAt(1000, {}), []);
  t.same(await gapsAt(1000, { missing: 1, domain: 3 }), [
    'exporter 10.0.0.1 domain 3: 1 record of it did not arrive, within 400 s to 1600 s',
  ]);
  t.same(await gapsAt(1000, { missing: 2, lost: 5 }), [
    'exporter 10.0.0.1: 2 records of it did not arrive, and the collector lost 5 datagrams or rows, within 400 s to 1600 s',
  ]);
});

t.test('what is to come is not asked for', async (t) => {
  const ranges: number[][] = [];
  const nowMicros = second(1030);
  const heard = async (from: number, to: number) => {
    ranges.push([from, to]);
    return [];
  };
  await findGaps(ledgerView({ heard, nowMicros }), second(1000));
  t.same(ranges, [[second(400), second(1030)]]);
});
