import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  type Checkpoint,
  listCheckpoints,
  readCheckpoint,
  removeCheckpoints,
  writeCheckpoint,
} from '../../../collector/journal/checkpoint-file.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { mountSmallDisk } from '../../support/small-disk.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const journal = '00112233445566778899aabbccddeeff';
const checkpoint: Checkpoint = {
  journal,
  position: 1052672,
  settled: true,
  state: { templates: [1, 2], name: 'Büro' },
};
const file = 'checkpoint-0000000001052672.json';
/** The CRC is of another implementation of CRC-32. */
const literal =
  '{"format":1,"journal":"00112233445566778899aabbccddeeff","position":1052672,"settled":true,"crc":"d67ed513","length":34}\n' +
  '{"templates":[1,2],"name":"Büro"}';

const at = (position: number, settled = false): Checkpoint => ({
  journal,
  position,
  settled,
  state: position,
});
const positionsIn = (directory: string): readonly number[] =>
  listCheckpoints(directory).map(({ position }) => position);

t.test('the file is as the format says, for its owner only, and nothing is beside it', (t) => {
  for (const sync of [false, true]) {
    const directory = temporaryDirectory(t);
    writeCheckpoint(directory, checkpoint, sync);
    t.same(readdirSync(directory), [file]);
    t.equal(readFileSync(join(directory, file), 'utf8'), literal);
    t.equal(statSync(join(directory, file)).mode & 0o777, 0o600);
  }
  t.end();
});

t.test('a literal file is read', (t) => {
  const path = join(temporaryDirectory(t), file);
  writeFileSync(path, literal);
  t.same(readCheckpoint(path), { checkpoint });
  t.end();
});

t.test('a later checkpoint of the same position replaces the one before', (t) => {
  const directory = temporaryDirectory(t);
  writeCheckpoint(directory, { ...checkpoint, settled: false, state: 'a'.repeat(100) }, false);
  writeCheckpoint(directory, checkpoint, false);
  t.same(readCheckpoint(join(directory, file)), { checkpoint });
  t.end();
});

t.test('a list: by position, and no other files', (t) => {
  const directory = temporaryDirectory(t);
  for (const position of [900, 0, 2 ** 40, 90])
    writeCheckpoint(directory, at(position, position === 900), false);
  for (const name of ['checkpoint-7.json', `${file}.tmp`, 'checkpoint-9999999999999999.json', 'commits.log'])
    writeFileSync(join(directory, name), literal);
  writeFileSync(join(directory, 'checkpoint-0000000000000100.json'), literal.slice(0, 80));
  mkdirSync(join(directory, 'checkpoint-0000000000000200.json'));
  t.same(
    listCheckpoints(directory).map(({ position, settled }) => [position, settled]),
    [
      [0, false],
      [90, false],
      [100, false],
      [200, false],
      [900, true],
      [2 ** 40, false],
    ],
    'a damaged one too, so that it is said that it cannot be read',
  );
  t.equal(listCheckpoints(directory)[4]?.path, join(directory, 'checkpoint-0000000000000900.json'));
  t.end();
});

t.test('why a checkpoint cannot be used', (t) => {
  const path = join(temporaryDirectory(t), file);
  const reasonOf = (text: string | Uint8Array): string => {
    writeFileSync(path, text);
    const read = readCheckpoint(path);
    return read.checkpoint ? 'it can' : read.reason;
  };
  t.equal(reasonOf(literal), 'it can');
  t.match(reasonOf(''), /no header/);
  t.match(reasonOf('null\n{}'), /no header/);
  t.match(reasonOf(literal.slice(0, 100)), /no header/);
  t.match(reasonOf(literal.replace('"settled":true', '"settled":1')), /no header/);
  t.match(reasonOf(literal.replace('"format":1', '"format":2')), /format 2, which we do not know/);
  t.match(reasonOf(literal.replace('1052672', '1052673')), /another position/);
  t.match(reasonOf(literal.slice(0, -1)), /33 of 34 octets/);
  t.match(reasonOf(`${literal} `), /35 of 34 octets/);
  t.match(reasonOf(literal.replace('[1,2]', '[1,3]')), /CRC/);
  rmSync(path);
  const gone = readCheckpoint(path);
  t.match(gone, { reason: /ENOENT/ });
  t.end();
});

t.test('every cut is seen, and every flipped bit, but those that make it one of another journal', (t) => {
  const path = join(temporaryDirectory(t), file);
  const octets = Buffer.from(literal);
  for (let length = 0; length < octets.length; length++) {
    writeFileSync(path, octets.subarray(0, length));
    if (readCheckpoint(path).checkpoint) t.fail(`${length} octets`);
  }
  let ofOthers = 0;
  for (let bit = 0; bit < octets.length * 8; bit++) {
    const flipped = Buffer.from(octets);
    flipped[bit >> 3] = (octets[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    writeFileSync(path, flipped);
    const { checkpoint } = readCheckpoint(path);
    if (checkpoint && checkpoint.journal === journal) t.fail(`bit ${bit}`);
    if (checkpoint) ofOthers++;
  }
  t.ok(ofOthers <= 32 * 8);
  t.end();
});

t.test('random octets are no checkpoint', (t) => {
  const path = join(temporaryDirectory(t), file);
  const random = new SeededRandom(7);
  for (let i = 0; i < 500; i++) {
    writeFileSync(path, random.bytes(random.below(200)));
    if (readCheckpoint(path).checkpoint) t.fail(`round ${i}`);
  }
  t.equal(listCheckpoints(join(path, '..')).length, 1);
  t.end();
});

t.test('what goes: all before the newest that is at the position or earlier', (t) => {
  const directory = temporaryDirectory(t);
  for (const position of [100, 200, 300, 400]) writeCheckpoint(directory, at(position), false);
  removeCheckpoints(directory, 50);
  t.same(positionsIn(directory), [100, 200, 300, 400]);
  removeCheckpoints(directory, 199);
  t.same(positionsIn(directory), [100, 200, 300, 400]);
  removeCheckpoints(directory, 300);
  t.same(positionsIn(directory), [300, 400]);
  removeCheckpoints(directory, 1e9);
  t.same(positionsIn(directory), [400]);
  t.end();
});

t.test('a directory that is not there', (t) => {
  const directory = join(temporaryDirectory(t), 'none');
  t.throws(() => writeCheckpoint(directory, checkpoint, true), { code: 'ENOENT' });
  t.throws(() => listCheckpoints(directory), { code: 'ENOENT' });
  t.end();
});

t.test('a full disk: the checkpoints before stay, and nothing is left of the new one', (t) => {
  const disk = mountSmallDisk(t, '256k');
  if (!disk) return t.end();
  writeCheckpoint(disk.directory, checkpoint, true);
  const large = { ...at(2_000_000), state: 'x'.repeat(400_000) };
  t.throws(() => writeCheckpoint(disk.directory, large, true), { code: 'ENOSPC' });
  t.same(readdirSync(disk.directory), [file]);
  t.same(readCheckpoint(join(disk.directory, file)), { checkpoint });
  disk.setReadOnly(true);
  t.throws(() => writeCheckpoint(disk.directory, at(3_000_000), true), { code: 'EROFS' });
  t.notOk(existsSync(join(disk.directory, 'checkpoint-0000000003000000.json')));
  t.end();
});
