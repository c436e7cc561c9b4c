import t from 'tap';
import { TextPool } from '../../../exporter/meter/text-pool.ts';

t.test('the same text has the same number, and the number gives it back', async (t) => {
  const pool = new TextPool();
  t.equal(pool.numberOf(''), 0);
  const ftp = pool.numberOf('ftp');
  t.not(pool.numberOf('sip'), ftp);
  t.equal(pool.numberOf('ftp'), ftp);
  t.equal(pool.textOf(ftp), 'ftp');
  t.equal(pool.textOf(0), '');
});

t.test('beyond its limit texts are empty', async (t) => {
  const pool = new TextPool();
  const numbers = Array.from({ length: 5000 }, (_, i) => pool.numberOf(`label ${i}`));
  t.equal(pool.textOf(numbers[4094] ?? 0), 'label 4094');
  t.same(new Set(numbers.slice(4095)), new Set([0]));
});
