import { gzipSync } from 'node:zlib';
import t from 'tap';
import { findEncoding } from '../../../exporter/observe/find-encoding.ts';

t.test('what has to be made a text first', async (t) => {
  const begins: readonly [string, RegExp][] = [
    ['fd377a585a00', /packed with xz.*"xz -dc"/],
    ['28b52ffd0458', /packed with zstd.*"zstd -dc"/],
    ['425a6839', /packed with bzip2.*"bzip2 -dc"/],
    ['fffe7b002200', /UTF-16.*"iconv -f UTF-16 -t UTF-8"/],
    ['feff007b', /UTF-16/],
  ];
  for (const [hex, problem] of begins) t.match(findEncoding(Buffer.from(hex, 'hex')), problem, hex);
});

t.test('what can be read, or has not enough octets to tell', async (t) => {
  for (const text of ['', '{', 'BZ', '[NEW] tcp', '\ufeff{'])
    t.equal(findEncoding(Buffer.from(text)), undefined, text);
  t.equal(findEncoding(gzipSync('')), undefined);
});
