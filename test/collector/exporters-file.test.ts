import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseExporters, readExporters } from '../../collector/exporters-file.ts';

const mapped = '00000000000000000000ffff';

t.test('address, name, site, sampling', async (t) => {
  const text =
    'address,name,site,sampling\r\n192.0.2.1,edge,"Z, 2",1000\n\n# a comment\n2001:db8::1 , "say ""hi""" ,,\n192.0.2.3\n';
  t.same(parseExporters(text, 'x.csv'), [
    { address: `${mapped}c0000201`, name: 'edge', site: 'Z, 2', sampling: 1000 },
    { address: '20010db8000000000000000000000001', name: 'say "hi"', site: '', sampling: 0 },
    { address: `${mapped}c0000203`, name: '', site: '', sampling: 0 },
  ]);
  t.same(parseExporters('', 'x.csv'), []);
});

t.test('all that is wrong is told at once', async (t) => {
  const text = '192.0.2.1,a,b,1000\nhost,a\n192.0.2.2,a,b,1.5\n192.0.2.3,,,-1\n192.0.2.4,,,4294967296';
  t.throws(() => parseExporters(text, 'x.csv'), {
    message:
      /^x\.csv, line 2: "host" is no address\nx\.csv, line 3: .*"1\.5".*\nx\.csv, line 4: .*\nx\.csv, line 5: [^\n]*$/,
  });
});

t.test('a file', async (t) => {
  const dir = t.testdir();
  writeFileSync(join(dir, 'e.csv'), '192.0.2.1,edge');
  t.match(readExporters(join(dir, 'e.csv')), [{ name: 'edge' }]);
  t.throws(() => readExporters(join(dir, 'none.csv')), { message: /none\.csv: ENOENT/ });
});
