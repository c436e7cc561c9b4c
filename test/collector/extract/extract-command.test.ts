import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type ExtractOptions, runExtract } from '../../../collector/extract/extract-command.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';
import { pcapBytes } from '../../support/capture-builder.ts';
import { ethernet, ip, udp } from '../../support/mixed-packets.ts';

const capture = pcapBytes(
  [1, 2].map((port) =>
    ethernet(0x0800, ip({ src: '10.1.0.1', dst: '192.0.2.9', protocol: 17 }, udp(port, 9))),
  ),
);
const nowMs = Date.parse('2024-01-01T12:00Z');

const run = async (options: Partial<ExtractOptions>, isTerminal = false) => {
  let said = '';
  const err = { write: (text: string) => (said += text) } as unknown as NodeJS.WriteStream;
  const complete = {
    filter: undefined,
    count: undefined,
    zone: 'UTC',
    json: false,
    file: '',
    out: '',
    ...options,
  };
  const status = await runExtract(complete, { now: () => nowMs, isTerminal, err });
  return { status, said };
};

t.test('packets, and what is said of them', async (t) => {
  const folder = t.testdir();
  const [file, out] = [join(folder, 'in'), join(folder, 'out')];
  writeFileSync(file, capture);
  const { status, said } = await run({ file, out, filter: 'src port 2' });
  t.equal(status, 0);
  t.match(
    said,
    /^read {3}2 packets, 140 B in 1 ms, .*\ntaken {2}1 packet, 82 B, 2024-01-01 00:00:01 to 2024-01-01 00:00:01 UTC\n$/,
  );
  t.same(
    new Uint8Array(readFileSync(out)),
    new Uint8Array([...capture.subarray(0, 24), ...capture.subarray(82)]),
  );
  t.match(JSON.parse((await run({ file, out, json: true, from: 'today' })).said), { packets: 2, taken: 2 });
});

t.test('a capture that is damaged, or none', async (t) => {
  const folder = t.testdir({ no: 'this is text' });
  const [file, out] = [join(folder, 'in'), join(folder, 'out')];
  writeFileSync(file, capture.subarray(0, -1));
  const cut = await run({ file, out });
  t.equal(cut.status, 1);
  t.match(cut.said, /taken {2}1 packet.*\n.*in: the capture was cut off/);
  const none = await run({ file: join(folder, 'no'), out: join(folder, 'other') });
  t.equal(none.status, 1);
  t.match(none.said, /\/no: this is no capture: neither pcap nor pcapng/);
  t.notOk(existsSync(join(folder, 'other')));
});

t.test('mistakes of the operator', async (t) => {
  const file = join(t.testdir({ in: '' }), 'in');
  for (const [options, message] of [
    [{ file, out: '-' }, /--out -: standard output is a terminal/],
    [{ file, out: 'x', zone: 'Mars' }, /--zone Mars: no such time zone/],
    [
      { file, out: 'x', filter: 'bps > 5' },
      /filter: expected a term that packets have, and bps is about flows/,
    ],
  ] as const) {
    await t.rejects(run(options, true), ConfigError);
    await t.rejects(run(options, true), message);
  }
});
