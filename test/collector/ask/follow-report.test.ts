import { PassThrough } from 'node:stream';
import t from 'tap';
import { type FollowLayout, printFollow } from '../../../collector/ask/follow-report.ts';
import type { Follow } from '../../../collector/ask/report.ts';

async function* news(): Follow['news'] {
  yield { rows: [], remarks: ['ClickHouse is away'] };
  yield { rows: [{ src: '::ffff:10.0.0.5', bytes: 1536, id: 1 }], remarks: [] };
  yield { rows: [{ src: '2001:db8::1', bytes: 2, id: 2 }], remarks: [] };
}
const follow = (): Follow => ({
  columns: [
    { name: 'src', title: 'source', kind: 'address' },
    { name: 'bytes', title: 'bytes', kind: 'bytes' },
    { name: 'id', title: 'id', kind: 'number', isHidden: true },
  ],
  source: 'flows',
  news: news(),
});

const print = async (layout: FollowLayout['layout'], isTTY: boolean): Promise<string> => {
  const [out, err] = [Object.assign(new PassThrough(), { isTTY }), new PassThrough()];
  await printFollow(follow(), { layout, zone: 'UTC', color: false }, out, err);
  t.equal(String(err.read()), 'ClickHouse is away\n');
  return String(out.read());
};

t.test('rows as they come, titles once', async (t) => {
  t.equal(
    await print('json', true),
    '{"src":"10.0.0.5","bytes":1536,"id":1}\n{"src":"2001:db8::1","bytes":2,"id":2}\n',
  );
  t.equal(await print('csv', false), 'src,bytes,id\r\n10.0.0.5,1536,1\r\n2001:db8::1,2,2\r\n');
  t.equal(await print('table', false), 'src\tbytes\tid\n10.0.0.5\t1536\t1\n2001:db8::1\t2\t2\n');
  t.equal(
    await print('table', true),
    'source      bytes\n--------  -------\n10.0.0.5  1.5 KiB\n2001:db8::1      2 B\n',
  );
});
