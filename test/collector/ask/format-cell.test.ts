import t from 'tap';
import { alignOf, formatCell, plainValue } from '../../../collector/ask/format-cell.ts';
import type { CellKind } from '../../../collector/ask/report.ts';

const micros = Date.parse('2026-11-21T14:03:22.5Z') * 1000;

t.test('for people', async (t) => {
  const cells: readonly (readonly [CellKind, unknown, string])[] = [
    ['address', '::ffff:10.0.0.5', '10.0.0.5'],
    ['address', '2001:db8::1', '2001:db8::1'],
    ['address', ['::ffff:10.0.0.5', '::1'], '10.0.0.5, ::1'],
    ['port', 443, '443'],
    ['protocol', 6, 'tcp'],
    ['protocol', 254, '254'],
    ['flags', 0x1b, '...AP.SF'],
    ['flags', 0x1c0, 'CE......'],
    ['flags', 0, ''],
    ['bytes', 1536, '1.5 KiB'],
    ['packets', 9999, '9999'],
    ['count', 12_345, '12.3k'],
    ['bits-per-second', 14_300_000, '14.3 Mb/s'],
    ['bits-per-second', 0, '0 b/s'],
    ['per-second', 1200, '1.2k/s'],
    ['share', 0.1234, '12.3 %'],
    ['share', 0.0001, '<0.1 %'],
    ['share', 0, '0.0 %'],
    ['time', micros, '2026-11-21 15:03:22.500'],
    ['duration', 1_250_000, '1.25 s'],
    ['number', 12_345_678, '12345678'],
    ['text', 'eth0', 'eth0'],
    ['bytes', null, ''],
    ['bytes', undefined, ''],
    ['bytes', 'many', 'many'],
  ];
  for (const [kind, value, text] of cells)
    t.equal(formatCell(kind, value, 'Europe/Zurich'), text, `${kind} ${value}`);
});

t.test('for programs', async (t) => {
  t.equal(plainValue('address', '::ffff:10.0.0.5'), '10.0.0.5');
  t.equal(plainValue('time', micros), '2026-11-21T14:03:22.5Z');
  t.equal(plainValue('time', micros, 'Europe/Zurich'), '2026-11-21T15:03:22.5+01:00');
  t.equal(plainValue('duration', 1_250_000), 1.25);
  t.equal(plainValue('bytes', 123_456_789), 123_456_789);
  t.equal(plainValue('protocol', 6), 6);
  t.equal(plainValue('text', undefined), null);
  t.same(plainValue('address', ['::ffff:10.0.0.5']), ['10.0.0.5']);
});

t.test('numbers stand to the right', async (t) => {
  t.equal(alignOf('bytes'), 'right');
  t.equal(alignOf('address'), 'left');
});
