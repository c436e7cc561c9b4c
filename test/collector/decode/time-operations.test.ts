import t from 'tap';
import { timeSources } from '../../../collector/store/flow-columns.ts';
import { DecoderRig, receivedMicros } from '../../support/decoder-rig.ts';
import {
  exportSeconds,
  ipfix,
  netflow5,
  netflow5Record,
  netflow9,
  optionsRecord,
  type Specifier,
  set,
  templateRecord,
  u32,
  u64,
} from '../../support/message-hex.ts';

const exported = BigInt(exportSeconds) * 1_000_000n;
const received = Math.floor(receivedMicros / 1e6);

const fields = (start: number, end: number, length: number): readonly Specifier[] => [[start, length], [end, length]]; // biome-ignore format: short

/** The times of one IPFIX record with these fields. */
const timesOf = (specifiers: readonly Specifier[], record: string) => {
  const { flow_start, flow_end, time, time_source, extra } = new DecoderRig()
    .send(ipfix({}, set(2, templateRecord(256, specifiers)), set(256, record)))
    .row();
  return { flow_start, flow_end, time, time_source, extra };
};

t.test('NetFlow v9: sysUpTime, which wraps after 49.7 days', async (t) => {
  const times = (uptimeMs: number, first: number, last: number) => {
    const { flow_start, flow_end, time, time_source } = new DecoderRig()
      .send(
        netflow9(
          { uptimeMs },
          set(0, templateRecord(256, fields(22, 21, 4))),
          set(256, u32(first) + u32(last)),
        ),
      )
      .row();
    t.equal(time_source, timeSources.uptime);
    t.equal(time, Number((flow_end as bigint) / 1_000_000n));
    return [(flow_start as bigint) - exported, (flow_end as bigint) - exported];
  };
  t.same(times(10_000, 4_000, 9_999), [-6_000_000n, -1_000n]);
  t.same(times(1_000, 0xffffffff, 500), [-1_001_000n, -500_000n], 'the flow began before the wrap');
  t.same(times(1_000, 0xfffffc18, 0xffffffff), [-2_000_000n, -1_001_000n], 'all of it was before the wrap');
  t.same(
    times(0xffffffff, 0xfffffffe, 0),
    [-1_000n, 1_000n],
    'the end is after the header was written, and wrapped',
  );
});

t.test('NetFlow v5: the header has nanoseconds', async (t) => {
  const row = new DecoderRig()
    .send(netflow5({ uptimeMs: 0x1000, nanos: 500_000_999 }, netflow5Record(0x0f00, 0x0fff)))
    .row();
  t.equal(row.flow_start, exported + 500_000n - 256_000n);
  t.equal(row.flow_end, exported + 500_000n - 1_000n);
});

t.test('absolute times', async (t) => {
  const seconds = timesOf(fields(150, 151, 4), u32(exportSeconds - 9) + u32(exportSeconds - 2));
  t.match(seconds, {
    flow_start: exported - 9_000_000n,
    flow_end: exported - 2_000_000n,
    time: exportSeconds - 2,
    time_source: timeSources.seconds,
  });
  const wide = timesOf(fields(150, 151, 8), u64(exportSeconds - 9) + u64(exportSeconds - 2));
  t.match(
    wide,
    { flow_start: exported - 9_000_000n, time_source: timeSources.seconds },
    'RFC 7011 has 4 octets; 8 are taken, too',
  );
  const ms = BigInt(exportSeconds) * 1000n;
  t.match(timesOf(fields(152, 153, 8), u64(ms - 1234n) + u64(ms - 1n)), {
    flow_start: exported - 1_234_000n,
    flow_end: exported - 1_000n,
    time: exportSeconds - 1,
    time_source: timeSources.milliseconds,
  });
});

t.test('NTP times: seconds since 1900 and a fraction of 2^32', async (t) => {
  // 0xe98af0c0 = 0x65e07240 + 2208988800
  const half = timesOf(fields(154, 155, 8), 'e98af0bf 80000000  e98af0c0 00000000');
  t.match(half, {
    flow_start: exported - 500_000n,
    flow_end: exported,
    time_source: timeSources.microseconds,
  });
  const nanos = timesOf(fields(156, 157, 8), 'e98af0be 40000000  e98af0bf ffffffff');
  t.match(nanos, {
    flow_start: exported - 1_750_000n,
    flow_end: exported - 1n,
    time_source: timeSources.nanoseconds,
  });
  t.match(
    timesOf(fields(154, 155, 8), '0000000000000000 0000000000000000'),
    { flow_start: 0n, flow_end: 0n, time: received, time_source: timeSources.received },
    'not said',
  );
});

t.test('delta microseconds before the export', async (t) => {
  t.match(timesOf(fields(158, 159, 4), u32(2_500_000) + u32(1)), {
    flow_start: exported - 2_500_000n,
    flow_end: exported - 1n,
    time: exportSeconds - 1,
    time_source: timeSources.delta,
  });
});

t.test('observation time is the time of an event', async (t) => {
  const row = timesOf([[323, 8]], u64(BigInt(exportSeconds) * 1000n));
  t.match(row, {
    flow_start: exported,
    flow_end: exported,
    time: exportSeconds,
    time_source: timeSources.event,
    extra: {},
  });
});

t.test('the preferred form is taken, the other one kept', async (t) => {
  const row = timesOf([[150, 4], [152, 8]], u32(exportSeconds - 5) + u64(BigInt(exportSeconds) * 1000n - 4500n)); // biome-ignore format: short
  t.match(row, { flow_start: exported - 4_500_000n, extra: { flowStartSeconds: '2024-02-29T12:02:03Z' } });
});

t.test('IPFIX sysUpTime needs to know when the exporter booted', async (t) => {
  const boot = BigInt(exportSeconds - 100) * 1000n;
  const uptimes = [[22, 4], [21, 4]] as const; // biome-ignore format: short
  const values = u32(90_000) + u32(99_000);
  const wanted = {
    flow_start: exported - 10_000_000n,
    flow_end: exported - 1_000_000n,
    time_source: timeSources.uptime,
    extra: {},
  };
  t.match(timesOf([...uptimes, [160, 8]], values + u64(boot)), wanted, 'from the record');
  const rig = new DecoderRig();
  rig.send(ipfix({}, set(3, optionsRecord(300, [[144, 4]], [[160, 8]])), set(300, u32(1) + u64(boot))));
  rig.send(ipfix({ sequence: 1 }, set(2, templateRecord(256, uptimes)), set(256, values)));
  t.match(rig.row(), wanted, 'from options data');
  t.match(timesOf(uptimes, values), {
    flow_start: 0n,
    flow_end: 0n,
    time: received,
    time_source: timeSources.received,
    extra: { flowStartSysUpTime: '90000', flowEndSysUpTime: '99000' },
  }, 'else they are kept as they were said'); // biome-ignore format: short
});

t.test('IPFIX sysUpTime of an exporter that is up for longer than 49.7 days', async (t) => {
  const days60 = 60n * 86_400_000n;
  const boot = BigInt(exportSeconds) * 1000n - days60;
  const uptime = (before: bigint): string => u32(Number((days60 - before) % 2n ** 32n));
  const row = timesOf([[22, 4], [21, 4], [160, 8]], uptime(5000n) + uptime(1000n) + u64(boot)); // biome-ignore format: short
  t.match(row, {
    flow_start: exported - 5_000_000n,
    flow_end: exported - 1_000_000n,
    time_source: timeSources.uptime,
  });
});

t.test('absurd times are kept and not believed', async (t) => {
  const at = (seconds: number) => timesOf(fields(150, 151, 4), u32(seconds) + u32(seconds));
  const absurd = { time: received, time_source: timeSources.absurd };
  t.match(at(946_684_799), { ...absurd, flow_end: 946_684_799_000_000n }, 'before 2000');
  t.match(at(946_684_801), { time: 946_684_801, time_source: timeSources.seconds });
  t.match(
    at(received + 86_401),
    { ...absurd, flow_end: BigInt(received + 86_401) * 1_000_000n },
    'a day ahead',
  );
  t.match(at(received + 86_399), { time_source: timeSources.seconds });
  t.match(
    timesOf(fields(150, 151, 4), u32(1) + u32(exportSeconds)),
    { ...absurd, flow_start: 1_000_000n },
    'the start alone',
  );
  t.match(
    timesOf(fields(152, 153, 8), 'ffffffffffffffff'.repeat(2)),
    { ...absurd, flow_end: 2n ** 53n - 1n },
    'more than can be kept',
  );
  t.match(
    timesOf(fields(154, 155, 8), '0000000100000000'.repeat(2)),
    { flow_end: 0n, time: received },
    '1900',
  );
  t.match(at(0), { flow_end: 0n, time: received, time_source: timeSources.received }, 'nothing said');
});

t.test('a collector whose own clock is before 2000 believes no flow time', async (t) => {
  const micros = 86_400e6;
  const row = new DecoderRig()
    .send(
      ipfix(
        {},
        set(2, templateRecord(256, fields(150, 151, 4))),
        set(256, u32(exportSeconds) + u32(exportSeconds)),
      ),
      { micros },
    )
    .row();
  t.match(row, { flow_end: exported, time: micros / 1e6, time_source: timeSources.absurd });
});

t.test('a start alone, and no time at all', async (t) => {
  t.match(timesOf([[150, 4]], u32(exportSeconds - 3)), {
    flow_start: exported - 3_000_000n,
    flow_end: 0n,
    time: exportSeconds - 3,
  });
  t.match(timesOf([[8, 4]], 'c0000201'), {
    flow_start: 0n,
    flow_end: 0n,
    time: received,
    time_source: timeSources.received,
  });
});
