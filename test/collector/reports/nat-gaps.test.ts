import t from 'tap';
import type { HeardExporter } from '../../../collector/ask/ledger-view.ts';
import { openLedger } from '../../../collector/ask/open-ledger.ts';
import { findGaps, gapsOfTranslators } from '../../../collector/reports/nat-gaps.ts';
import { startAskLedger } from '../../support/ask-ledger.ts';
import { second } from '../../support/nat-ask-fragments.ts';
import { clock, fillNatLog, natFlow, natNow } from '../../support/nat-ask-ledger.ts';
import { ledgerView } from '../../support/nat-ask-view.ts';
import { hasPeers } from '../../support/peers.ts';

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

t.test('exporters that never translated anything have no gap that matters', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const ledger = await startAskLedger(t, { nowMicros: natNow });
  const told = { from: '10:00:00', src: '192.168.1.5 5000', dst: '19.1.16.7 443' };
  const by = (exporter: string, more = {}) => ({ more: { exporter: `::ffff:${exporter}`, ...more } });
  const untranslated = { post_nat_src_addr: '::ffff:0.0.0.0', post_nat_dst_addr: '::ffff:0.0.0.0' };
  await ledger.insert([
    natFlow({ ...told, postSrc: '1.2.3.4 1', ...by('10.0.0.1') }),
    natFlow({ ...told, ...by('10.0.0.2', untranslated) }),
    natFlow({ ...told, from: '11:00:00', postSrc: '1.2.3.4 2', ...by('10.0.0.3', { domain: 5 }) }),
  ]);
  const gaps = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'].map((exporter) => ({
    exporter: `::ffff:${exporter}`,
    domain: exporter === '10.0.0.3' ? 5 : 0,
    text: exporter,
  }));
  const translators = async (): Promise<string[]> => {
    const view = openLedger(ledger.store.client, { nowMicros: natNow, zone: 'UTC' });
    return (await gapsOfTranslators(view, clock('10:30:00'), gaps)).map(({ text }) => text);
  };
  t.same(await translators(), ['10.0.0.1', '10.0.0.3'], 'out of flows');
  await fillNatLog(ledger, clock('10:30:00'));
  t.same(await translators(), ['10.0.0.1', '10.0.0.3'], 'out of nat_log, and of flows that are newer');
  await ledger.store.client.command({ query: 'TRUNCATE TABLE flows' });
  t.same(await translators(), ['10.0.0.1']);
});
