import t from 'tap';
import { decoderLimits } from '../../../collector/decode/limits.ts';
import { ObservationDomain } from '../../../collector/decode/observation-domain.ts';
import { RecordReader } from '../../../collector/decode/record-reader.ts';
import type { DataRecords, Message } from '../../../collector/decode/record-sink.ts';
import { makeTemplateEntry } from '../../../collector/decode/template-entry.ts';
import { makeTemplate } from '../../../shared/protocol/template.ts';
import { hexBytes, viewOf } from '../../support/capture-builder.ts';

const read = (lengths: readonly number[], hex: string, options?: { scopeCount: number }) => {
  const state = new ObservationDomain(new Uint8Array(16), 0, decoderLimits);
  const seen: [string, number, number, readonly number[]][] = [];
  const see = (kind: string) => (r: DataRecords) =>
    seen.push([kind, r.at, r.count, [...r.scan().offsets.slice(0, r.count)]]);
  const reader = new RecordReader({ flowRecords: see('flow'), optionsRecords: see('options') });
  const template = makeTemplate(
    10,
    256,
    lengths.map((lengthBytes) => ({ pen: 0, id: 1, lengthBytes })),
    options,
  );
  const bytes = hexBytes(hex);
  let outcome: unknown;
  try {
    const entry = makeTemplateEntry(template, 0);
    outcome = reader.read(entry, { bytes, view: viewOf(bytes) }, 1, bytes.length, { state } as Message);
  } catch (error) {
    outcome = (error as { code: string }).code;
  }
  return { outcome, seen, counters: state.counters };
};

t.test('records of a fixed length; what is shorter than one is padding', async (t) => {
  const { outcome, seen, counters } = read([4], 'ff 00000001 00000002 0000');
  t.equal(outcome, 2);
  t.same(seen, [['flow', 1, 2, [1, 5]]]);
  t.match(counters, { dataSetsDecoded: 1, flowRecords: 2, optionsRecords: 0 });
});

t.test('records of varying length', async (t) => {
  t.same(read([65535], 'ff 01aa 02bbbb').seen, [['flow', 1, 2, [2, 4]]]);
});

t.test('options', async (t) => {
  const { seen, counters } = read([4], 'ff 00000001', { scopeCount: 1 });
  t.same(seen, [['options', 1, 1, [1]]]);
  t.match(counters, { flowRecords: 0, optionsRecords: 1 });
});

t.test('all or none: a bad record costs its Set', async (t) => {
  const overrun = read([65535], 'ff 01aa 05bb');
  t.same([overrun.outcome, overrun.seen], ['record-overrun', []]);
  t.match(overrun.counters, { dataSetsMalformed: 1, dataSetsDecoded: 0, flowRecords: 0 });
  t.match(read([4], 'ff 000000'), {
    outcome: 'set-without-record',
    seen: [],
    counters: { dataSetsMalformed: 1 },
  });
  t.match(read([4, 65535], 'ff 000000'), {
    outcome: 'set-without-record',
    counters: { dataSetsMalformed: 1 },
  });
});

t.test('Sets that waited: each with the time at which it could be read; a bad one is counted', async (t) => {
  const state = new ObservationDomain(new Uint8Array(16), 0, decoderLimits);
  const seen: (readonly [number, number, number])[] = [];
  const flowRecords = (r: DataRecords, m: Message) =>
    seen.push([r.count, m.receivedMicros, m.readableMicros]);
  const reader = new RecordReader({ flowRecords, optionsRecords: () => undefined });
  const template = makeTemplate(10, 256, [{ pen: 0, id: 1, lengthBytes: 2 }]);
  const waiting = (hex: string, receivedMicros: number) => ({
    bytes: hexBytes(hex),
    message: { state, receivedMicros, readableMicros: receivedMicros } as Message,
  });
  const sets = [waiting('00010002', 5), waiting('00', 6), waiting('0003', 7)];
  reader.readWaiting(makeTemplateEntry(template, 0), sets, 9);
  t.same(seen, [[2, 5, 9], [1, 7, 9]]); // biome-ignore format: short
  t.same([...state.counters.reasons], [['set-without-record', 1]]);
});
