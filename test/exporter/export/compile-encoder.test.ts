import t from 'tap';
import {
  compileEncoder,
  writeFixedText,
  writeIpv4,
  writeIpv6,
  writeMilliseconds,
  writeUint64,
} from '../../../exporter/export/compile-encoder.ts';
import { parseAddress } from '../../../shared/wire/address.ts';
import { viewOf } from '../../support/capture-builder.ts';
import { natFlow } from '../../support/flow-records.ts';

/** What is written into octets of ee, from the second one on. */
const written = (length: number, write: (view: DataView) => void): string => {
  const bytes = new Uint8Array(length + 2).fill(0xee);
  write(viewOf(bytes));
  return Buffer.from(bytes).toString('hex');
};

t.test('numbers of 64 bits', async (t) => {
  const write = (value: number): string => written(8, (view) => writeUint64(view, 1, value));
  t.equal(write(0), 'ee0000000000000000ee');
  t.equal(write(0xffffffff), 'ee00000000ffffffffee');
  t.equal(write(2 ** 32), 'ee0000000100000000ee');
  t.equal(write(2 ** 53 - 1), 'ee001fffffffffffffee');
});

t.test('microseconds as whole milliseconds', async (t) => {
  t.equal(
    written(8, (view) => writeMilliseconds(view, 1, 1_704_067_200_123_999)),
    'ee0000018cc251f47bee',
  );
});

t.test('addresses', async (t) => {
  const ipv4 = parseAddress('192.0.2.129') ?? new Uint8Array();
  t.equal(
    written(4, (view) => writeIpv4(view, 1, ipv4)),
    'eec0000281ee',
  );
  const ipv6 = parseAddress('fd01:203:405:607:809:a0b:c0d:e0f') ?? new Uint8Array();
  t.equal(
    written(16, (view) => writeIpv6(view, 1, ipv6)),
    'eefd0102030405060708090a0b0c0d0e0fee',
  );
});

t.test('texts of fixed length are filled up with zeros, and cut between characters', async (t) => {
  const write = (text: string): string => written(8, (view) => writeFixedText(view, 1, 8, text));
  t.equal(write('systemd'), 'ee73797374656d6400ee');
  t.equal(write('curl'), 'ee6375726c00000000ee', 'nothing is left of the text before');
  t.equal(write('aaaaaaa\u00e4'), 'ee6161616161616100ee');
});

t.test('fields follow each other without gaps', async (t) => {
  const encode = compileEncoder([
    { lengthBytes: 2, write: (view, at, record) => view.setUint16(at, record.srcPort) },
    { lengthBytes: 1, write: (view, at, record) => view.setUint8(at, record.protocol) },
    { lengthBytes: 2, write: (view, at, record) => view.setUint16(at, record.dstPort) },
  ]);
  const record = natFlow({ srcPort: 0x1234, dstPort: 0x5678 });
  t.equal(
    written(5, (view) => encode(view, 1, record)),
    'ee1234065678ee',
  );
});
