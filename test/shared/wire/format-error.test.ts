import t from 'tap';
import { FormatError, type FormatErrorCode, formatErrors } from '../../../shared/wire/format-error.ts';
import { DecoderRig } from '../../support/decoder-rig.ts';
import { malformedFixtures } from '../../support/malformed-fixtures.ts';

t.test('a code is told as a sentence with its clause, and carries no stack', async (t) => {
  const error = new FormatError('set-length');
  t.equal(error.code, 'set-length');
  t.equal(error.message, 'A Set is shorter than its header, or ends behind the Message. (RFC 7011 3.3.2)');
  t.notOk(error instanceof Error, 'a flood of them is cheap');
  t.notOk('stack' in error);
});

t.test('each code has a malformed fixture, and each fixture a code', async (t) => {
  const codes = malformedFixtures().map(([code]) => code);
  t.same(codes.sort(), Object.keys(formatErrors).sort());
});

/** Fixtures of which a part can be read. */
const partly: readonly FormatErrorCode[] = [
  'message-length',
  'record-count',
  'record-overrun',
  'set-without-record',
];

for (const [code, datagram] of malformedFixtures()) {
  t.test(`${code} is what its fixture has wrong, and the only thing`, async (t) => {
    const rig = new DecoderRig();
    rig.send(datagram);
    t.same(rig.reasons(), { [code]: 1 });
    const { datagrams, decoded, partly: some, malformed } = rig.totals;
    const isPartly = partly.includes(code as FormatErrorCode);
    t.same([datagrams, decoded, some, malformed], [1, 0, isPartly ? 1 : 0, isPartly ? 0 : 1]);
    t.equal([...rig.decoder.domains].length, 1, 'counted under its exporter');
    rig.send(datagram);
    t.same(rig.reasons(), { [code]: 2 }, 'and each time');
  });
}
