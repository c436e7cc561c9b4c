import { linkSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openPacketWriter, PacketWriter } from '../../../collector/extract/packet-writer.ts';
import { ConfigError } from '../../../shared/service/config-error.ts';

t.test('all that is appended comes out, in order', async (t) => {
  const folder = t.testdir({ in: 'x', out: 'what was there before, and is longer than nothing' });
  const path = join(folder, 'out');
  const writer = await openPacketWriter(path, statSync(join(folder, 'in')));
  const expected: Buffer[] = [];
  // A single block may be longer than a piece.
  for (const [i, size] of [3, 700_000, 0, 900_000, 3 << 20, 1, 1_100_000].entries()) {
    const bytes = Buffer.alloc(size + 4, i + 1);
    writer.append(bytes, 2, 2 + size);
    expected.push(bytes.subarray(2, 2 + size));
    await writer.flush();
    bytes.fill(0xee, 0, 2);
  }
  await writer.end();
  const whole = Buffer.concat(expected);
  t.ok(readFileSync(path).equals(whole));
  t.equal(writer.bytes, whole.length);
});

t.test('never over the capture that is read', async (t) => {
  const folder = t.testdir({ in: 'capture' });
  const input = join(folder, 'in');
  symlinkSync(input, join(folder, 'soft'));
  linkSync(input, join(folder, 'hard'));
  for (const name of ['in', 'soft', 'hard'])
    await t.rejects(
      openPacketWriter(join(folder, name), statSync(input)),
      /this is the capture that is read/,
      name,
    );
  t.equal(readFileSync(input, 'utf8'), 'capture');
});

t.test('what cannot be written', async (t) => {
  const folder = t.testdir({ in: '', d: {} });
  const input = statSync(join(folder, 'in'));
  await t.rejects(openPacketWriter(join(folder, 'no/out'), input), {
    message: `${folder}/no/out: there is no such folder`,
  });
  await t.rejects(openPacketWriter(join(folder, 'd'), input), /this is a folder/);
  const failing = (code: string) =>
    new PacketWriter('out', {
      write: () => Promise.reject(Object.assign(new Error('no'), { code })),
      close: async () => undefined,
    });
  const full = failing('ENOSPC');
  full.append(new Uint8Array(9), 0, 9);
  await full.flush(1);
  await t.rejects(full.flush(0), new ConfigError('out: the disk is full'), 'told when it is looked at');
  const gone = failing('EPIPE');
  gone.append(new Uint8Array(9), 0, 9);
  await gone.end();
  t.equal(gone.isClosed, true, 'a reader that went away is no error');
});

t.test('a full device', async (t) => {
  writeFileSync(join(t.testdir(), 'in'), '');
  const writer = await openPacketWriter('/dev/full', statSync(import.meta.filename));
  writer.append(new Uint8Array(9), 0, 9);
  await t.rejects(writer.end(), /\/dev\/full: the disk is full/);
});
