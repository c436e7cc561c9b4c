import t from 'tap';
import { shapeBits } from '../../../exporter/export/record-shape.ts';
import { uptimeBit } from '../../../exporter/export/uptime-bit.ts';
import { DecoderRig } from '../../support/decoder-rig.ts';
import { natFlow } from '../../support/flow-records.ts';
import { rigMs as nowMs, SessionRig } from '../../support/session-rig.ts';

const dayMs = 86_400_000;

t.test('only what lies between the boot and now, and not too far back', async (t) => {
  const bootMs = nowMs - 30 * dayMs;
  const bitAt = (startMs: number, more = {}): number =>
    uptimeBit(natFlow({ startMicros: startMs * 1000, endMicros: nowMs * 1000, ...more }), bootMs, nowMs);
  t.equal(bitAt(nowMs - 1000), shapeBits.uptime);
  t.equal(bitAt(nowMs - 25 * dayMs), 0, 'half a turn away');
  t.equal(bitAt(bootMs - 1), 0, 'before the boot');
  t.equal(bitAt(0), shapeBits.uptime, 'a start that is not known');
  t.equal(bitAt(nowMs - 1000, { form: 'event' }), 0, 'events have absolute times');
  t.equal(bitAt(nowMs - 1000, { form: 'trace' }), 0);
});

t.test('NetFlow v9 times are exact past the wrap of the uptime, and before the boot', async (t) => {
  const day = 86_400_000;
  for (const uptimeMs of [1000, 40 * day, 2 ** 32 + 500, 60 * day, 500 * day]) {
    const { session, sent } = new SessionRig({ protocol: 'netflow9', bootMs: nowMs + 250 - uptimeMs });
    session.start(nowMs + 250);
    const ages = [100, 5000, 20 * day, 30 * day];
    for (const age of ages)
      session.export(natFlow({ startMicros: (nowMs - age) * 1000, endMicros: nowMs * 1000 }), nowMs + 250);
    session.stop(nowMs + 700);
    const rig = new DecoderRig({ groups: ['nat'] });
    for (const message of sent) rig.send(message, { micros: nowMs * 1000 });
    t.same(
      rig.rows().map((row) => [row.flow_start, row.flow_end]),
      ages.map((age) => [BigInt(nowMs - age) * 1000n, BigInt(nowMs) * 1000n]),
    );
  }
});
