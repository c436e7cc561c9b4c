import t from 'tap';
import { flowsColumnSql } from '../../../collector/filter/flows-column-sql.ts';

t.test('columns as a direction sees them', async (t) => {
  const [forward, reverse] = [flowsColumnSql('forward'), flowsColumnSql('reverse')];
  t.equal(forward('src_addr'), 'src_addr');
  t.equal(reverse('src_addr'), 'dst_addr');
  t.equal(reverse('proto'), 'proto');
  t.match(forward('service'), /^if\(proto NOT IN .* AND \(src_port BETWEEN/s);
  t.match(reverse('service'), /^if\(proto NOT IN .* AND \(dst_port BETWEEN/s);
});
