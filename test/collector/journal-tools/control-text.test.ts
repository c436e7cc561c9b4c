import t from 'tap';
import { formatControl, parseControl } from '../../../collector/journal-tools/control-text.ts';

const say = (control: unknown): string => formatControl(Buffer.from(JSON.stringify(control)));

t.test('what was lost, in words', async (t) => {
  t.equal(
    say({
      kernelDrops: 1,
      refused: 5,
      queueDrops: 7,
      exporters: [
        ['192.0.2.1', 5, 0],
        ['2001:db8::1', 0, 3],
        ['192.0.2.2', 1, 4],
      ],
    }),
    'lost: 1 datagram dropped by the kernel, 5 datagrams refused, 7 datagrams dropped because the ledger was behind ' +
      '(192.0.2.1 5 refused, 2001:db8::1 3 dropped, 192.0.2.2 1 refused and 4 dropped)',
  );
  t.equal(say({ kernelDrops: 0, refused: 0, queueDrops: 0, exporters: [] }), 'nothing lost');
  t.equal(say({ kernelDrops: 2 }), 'lost: 2 datagrams dropped by the kernel');
});

t.test('no more than 16 exporters are named', async (t) => {
  const exporters = Array.from({ length: 20 }, (_, i) => [`192.0.2.${i}`, 1, 0]);
  const text = say({ refused: 20, exporters });
  t.match(text, /192\.0\.2\.15 1 refused, and 4 more\)$/);
  t.notMatch(text, '192.0.2.16');
});

t.test('what is not as it should be', async (t) => {
  t.equal(formatControl(Buffer.from('{"refused":')), 'control frame of 11 octets that is no JSON object');
  t.equal(formatControl(new Uint8Array(0)), 'control frame of 0 octets that is no JSON object');
  t.equal(say([1, 2]), 'control frame of 5 octets that is no JSON object');
  t.equal(say({ refused: 'many', queueDrops: -1, kernelDrops: 1.5, exporters: 'all' }), 'nothing lost');
  t.equal(
    say({ refused: 1, exporters: [null, ['x'], [1, 2, 3], ['192.0.2.1', 1, 'x']] }),
    'lost: 1 datagram refused',
  );
  t.same(parseControl(Buffer.from('{"__proto__":{"refused":1}}')), JSON.parse('{"__proto__":{"refused":1}}'));
  t.equal(parseControl(Buffer.from('null')), undefined);
});
