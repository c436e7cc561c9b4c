import t from 'tap';
import { KernelMemory } from '../../../collector/kernel/kernel-memory.ts';
import { columnGroups, columnsOfGroups } from '../../../collector/store/flow-columns.ts';
import { DecoderRig, receivedMicros } from '../../support/decoder-rig.ts';
import {
  exportSeconds,
  ipfix,
  netflow9,
  type Specifier,
  set,
  templateRecord,
} from '../../support/message-hex.ts';
import { randomFields, randomRecord, recordHex } from '../../support/random-records.ts';
import { type ReferenceField, referenceRow } from '../../support/reference-decoder.ts';
import type { ReferenceContext } from '../../support/reference-time.ts';
import type { Row } from '../../support/row-reader.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const context = (version: 9 | 10): ReferenceContext => ({
  version,
  exporter: '192.0.2.9',
  domain: 7,
  exportSeconds,
  sysUptimeMs: version === 9 ? 0x1000 : 0,
  receivedMicros,
  systemInitMs: 0,
  configuredRate: 0,
  samplers: new Map(),
  rateForAll: 0,
  common: 0,
  headerRate: 0,
});

/** Runs through one rig, so that each batch has the memory of the one before. */
const rig = new DecoderRig({ capacity: 64 });
let templateId = 255;

const rowsOf = (
  version: 9 | 10,
  fields: readonly Specifier[],
  records: readonly string[],
): readonly Row[] => {
  templateId = templateId === 60000 ? 256 : templateId + 1;
  const message = version === 9 ? netflow9 : ipfix;
  rig.reuse();
  rig.send(
    message({}, set(version === 9 ? 0 : 2, templateRecord(templateId, fields)), set(templateId, ...records)),
  );
  return rig.rows();
};

const columns = columnsOfGroups(columnGroups);
/** Of a failure one wants the first column that differs, and with what it was made. */
const difference = (
  fields: readonly Specifier[],
  record: readonly ReferenceField[],
  row: Row | undefined,
  wanted: Row,
) => {
  for (const [name, cell] of Object.entries(wanted)) {
    const got = row?.[name];
    if (JSON.stringify(got, plain) === JSON.stringify(cell, plain)) continue;
    const octets = record.map((f) => Buffer.from(f.octets).toString('hex')).join(' ');
    return { name, got, wanted: cell, fields: fields.map((f) => f.join('/')).join(' '), octets };
  }
  return undefined;
};
const plain = (_: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
};

const check = (seed: number, rounds: number, version: 9 | 10): unknown => {
  const random = new SeededRandom(seed);
  for (let round = 0; round < rounds; round++) {
    const fields = randomFields(random, version);
    const records = Array.from({ length: random.between(1, 33) }, () => randomRecord(random, fields));
    const rows = rowsOf(
      version,
      fields,
      records.map((r) => recordHex(random, r)),
    );
    if (rows.length !== records.length) return { round, rows: rows.length, records: records.length, fields };
    for (const [i, record] of records.entries()) {
      const found = difference(fields, record, rows[i], referenceRow(record, columns, context(version)));
      if (found) return { round, record: i, ...found };
    }
  }
  return undefined;
};

t.test('random IPFIX records equal a slow reference', async (t) => t.same(check(1, 1500, 10), undefined));
t.test('random NetFlow v9 records equal a slow reference', async (t) => t.same(check(2, 1500, 9), undefined));

t.test(
  'records of a fixed length, and the same with a variable-length field behind, give the same columns',
  async (t) => {
    const random = new SeededRandom(3);
    for (let round = 0; round < 500; round++) {
      const fields = randomFields(random, 10).filter(([, length]) => length !== 65535);
      const records = Array.from({ length: random.between(1, 20) }, () =>
        recordHex(random, randomRecord(random, fields)),
      );
      const fixed = rowsOf(10, fields, records);
      // Enterprise 99998 is nobody's: the field goes to `extra`, if it has octets.
      const scanned = rowsOf(
        10,
        [...fields, [1, 65535, 99998]],
        records.map((r, i) => `${r}${i % 2 ? '00' : '02abcd'}`),
      );
      const expected = fixed.map((row, i) => ({
        ...row,
        extra: { ...(row.extra as object), ...(i % 2 ? {} : { '99998.1': '0xabcd' }) },
      }));
      if (JSON.stringify(scanned, plain) === JSON.stringify(expected, plain)) continue;
      t.same(scanned, expected, `round ${round}`);
      return;
    }
  },
);

t.test('memory', async (t) => {
  const memory = new KernelMemory(columnsOfGroups([]), 100, 2, 4096);
  const [first, second] = [memory.makeBatch(), memory.makeBatch()];
  t.equal(first.capacity, 100);
  t.equal(first.fixed[0]?.u8.buffer, memory.u8.buffer, 'the columns lie in the memory of the kernel');
  t.not(first.entriesAt, second.entriesAt);
  t.ok(memory.chunk + 4096 <= first.entriesAt, 'behind the chunk');
  t.throws(() => Array.from({ length: 100 }, () => memory.makeBatch()), /more batches/);
});

t.test('the batches of all groups and many capacities fit', async (t) => {
  for (const capacity of [0, 1, 63, 1000, 65536]) {
    for (const batches of [1, 2, 5]) {
      const memory = new KernelMemory(columns, capacity, batches, 64);
      for (let i = 0; i < batches; i++) memory.makeBatch();
    }
  }
  t.pass();
});
