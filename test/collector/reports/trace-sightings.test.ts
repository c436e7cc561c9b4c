import t from 'tap';
import { openLedger } from '../../../collector/ask/open-ledger.ts';
import { askSightings } from '../../../collector/reports/trace-sightings.ts';
import { ownValuesOf } from '../../../collector/store/own-values.ts';
import { startAskLedger } from '../../support/ask-ledger.ts';
import { flowRow, proxyNow, seenFlows, toldTraces, traceRow } from '../../support/proxy-ledger.ts';

const at = (time: string): number => Date.parse(`2023-12-06T${time}Z`) * 1000;

t.test('records that may be about a connection', async (t) => {
  const ledger = await startAskLedger(t, { nowMicros: proxyNow });
  await ledger.insert([
    ...seenFlows(),
    ...toldTraces.map((told) => traceRow(told)),
    flowRow({
      exporter: '10.0.0.1',
      from: '16:00:00',
      to: '16:00:01',
      src: '172.18.60.2 18982',
      dst: '172.18.60.225 80',
    }),
  ]);
  const view = openLedger(ledger.store.client, { nowMicros: proxyNow, zone: 'UTC' });
  const ask = (src: string, srcPort: number, times: readonly number[]) =>
    askSightings([{ proto: 6, src, srcPort, dst: '', dstPort: 0 }], times, ownValuesOf('f', new Set()), view);
  const front = await ask('::ffff:172.18.60.2', 18982, [at('14:19:35')]);
  t.same(
    front
      .filter((row) => row.is_trace === 0)
      .map(({ exporter, bytes }) => `${exporter} ${bytes}`)
      .sort(),
    ['::ffff:10.0.0.1 1000', '::ffff:10.0.0.1 11', '::ffff:10.0.0.1 13', '::ffff:10.0.0.3 999'],
  );
  t.equal(front.filter((row) => row.is_trace === 1).length, 4);
  t.match(
    front.find(({ bytes }) => bytes === 999),
    {
      src: '::ffff:192.168.1.5',
      src_port: 4000,
      post_src: '::ffff:172.18.60.2',
      post_src_port: 18982,
      post_dst_port: 80,
    },
  );
  t.equal(
    (await ask('::ffff:172.18.60.2', 18982, [at('14:19:35'), at('16:30:00')])).length,
    9,
    'around several times',
  );
  const back = await ask('::ffff:172.18.98.225', 54444, [at('14:19:35')]);
  t.match(
    back.find(({ kind }) => kind === 'interim'),
    {
      flow_id: '77',
      total_bytes: 600,
      reverse_total_packets: 8,
      begun: at('14:19:00.5'),
      ended: at('14:20:00'),
    },
  );
  t.equal(back.find(({ src_port }) => src_port === 80)?.bytes, 700, 'with sampling');
  t.same(await askSightings([], [], ownValuesOf('f', new Set()), view), []);
});
