import t from 'tap';
import { escapeName } from '../../../exporter/print/escape-name.ts';

t.test('what is printable stays', async (t) => {
  t.equal(escapeName('netbios-ns_20138.x'), 'netbios-ns_20138.x');
});

t.test('what could end a word, a string or a line does not', async (t) => {
  t.equal(
    escapeName('a b\n\u001b[2J"\\\u007f\u009b\u00e9'),
    'a\\u0020b\\u000a\\u001b[2J\\u0022\\u005c\\u007f\\u009b\\u00e9',
  );
});

t.test('JSON reads it back', async (t) => {
  const name = 'ftp "x"\\ \u0000 \ud83d\ude00 \u2028';
  t.equal(JSON.parse(`"${escapeName(name)}"`), name);
});
