/** Captures with damage in them: whatever the octets are, metering says what is wrong, or counts it, and ends. */

import t from 'tap';
import { TransportSession } from '../../exporter/export/transport-session.ts';
import { makeFlowRecord } from '../../exporter/meter/flow-record.ts';
import { PacketMeter } from '../../exporter/meter/packet-meter.ts';
import { CaptureError } from '../../shared/capture/capture-error.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { makeExportingCounters, makeExportSettings, makeMeteringCounters } from '../support/session-rig.ts';
import { sampleTraffic, trafficCapture } from '../support/traffic-capture.ts';
import { wrappedTraffic } from '../support/wrapped-traffic.ts';

const rounds = 1500;

/** Some octets are others; half of the damage is in headers of records, where it tells on all that follows. */
const damage = (capture: Uint8Array, random: SeededRandom): Uint8Array => {
  const damaged = capture.slice(0, random.chance(0.1) ? random.below(capture.length) : capture.length);
  for (let i = random.between(1, 40); i > 0 && damaged.length > 0; i--)
    damaged[random.chance(0.1) ? random.below(Math.min(60, damaged.length)) : random.below(damaged.length)] =
      random.below(256);
  return damaged;
};

t.test('damaged captures', async (t) => {
  const random = new SeededRandom(11);
  const captures = [
    wrappedTraffic(1, 120).capture,
    trafficCapture(sampleTraffic(1_700_000_000_000)).subarray(0, 40_000),
  ];
  let damagedCaptures = 0;
  let records = 0;
  let balanced = true;
  for (let round = 0; round < rounds; round++) {
    const octets = damage(random.pick(captures), random);
    const seen = { packets: 0 };
    const meter = new PacketMeter(
      {
        activeMicros: 60e6,
        idleMicros: 30e6,
        maxFlows: 50,
        keyVlan: random.chance(0.5),
        keyInterface: random.chance(0.5),
        details: random.chance(0.5),
        samplingInterval: random.between(1, 3),
      },
      (record) => {
        records++;
        seen.packets += record.packets + record.reversePackets;
      },
    );
    try {
      const pieceBytes = random.between(1, octets.length + 1);
      for (let at = 0; at < octets.length; at += pieceBytes) meter.push(octets.slice(at, at + pieceBytes));
      meter.end();
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
      damagedCaptures++;
    }
    while (meter.finish(7));
    const { packets, ignoredPackets, sampledOut } = meter.counters;
    if (packets !== ignoredPackets + sampledOut + seen.packets) balanced = false;
  }
  t.ok(balanced, 'each packet is ignored, sampled out, or in a record');
  t.ok(damagedCaptures > 100 && records > 10_000, `${damagedCaptures} refused, ${records} records`);
});

t.test('whatever numbers a record has, its Message has its size', async (t) => {
  const random = new SeededRandom(12);
  let largest = 0;
  for (const protocol of ['ipfix', 'netflow9'] as const) {
    const session = new TransportSession(
      makeExportSettings({ protocol, bootMs: 1_700_000_000_000, templateRefreshMessages: 20 }),
      makeMeteringCounters(),
      makeExportingCounters(),
      (message) => {
        largest = Math.max(largest, message.length);
      },
    );
    session.payloadBytes = 508;
    session.start(1_700_000_000_000);
    const record = makeFlowRecord();
    const forms = ['flow', 'event', 'nat-event', 'aggregate'] as const;
    for (let i = 0; i < 20_000; i++) {
      record.form = random.pick(forms);
      record.source = random.pick(['conntrack', 'packets'] as const);
      record.family = random.pick([4, 6] as const);
      record.protocol = random.pick([1, 6, 17, 58, 255]);
      record.isTranslated = random.chance(0.5);
      record.startMicros = random.pick([0, 1, 1_700_000_000e6, 2 ** 53 - 1]);
      record.endMicros = random.pick([0, 1, 1_700_000_000e6, 2 ** 53 - 1]);
      record.octets = random.pick([0, 2 ** 32, 2 ** 53 - 1]);
      record.zone = random.pick([0, 65535]);
      record.vlan = random.pick([0, 4095]);
      record.inInterface = random.pick([0, 2 ** 32 - 1]);
      record.minLength = random.pick([0, 65535]);
      session.export(record, 1_700_000_000_000 + i);
    }
    session.stop(1_700_000_100_000);
  }
  t.ok(largest > 400 && largest <= 508, `${largest} octets`);
});
