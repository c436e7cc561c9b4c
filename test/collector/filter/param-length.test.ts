import t from 'tap';
import { paramLength } from '../../../collector/filter/param-length.ts';

t.test('room in a URL', async (t) => {
  const overhead = paramLength('');
  t.equal(paramLength('abc') - overhead, 3);
  t.equal(paramLength('::1') - overhead, 7, 'two signs that are encoded');
  t.equal(paramLength("'") - overhead, 6, 'and escaped before');
  t.equal(paramLength('\u4e16') - overhead, 9);
  t.equal(paramLength(['a', 'b']), 2 * paramLength('a'));
  t.equal(paramLength([['a'], 12]), paramLength('a') + paramLength('12'));
});
