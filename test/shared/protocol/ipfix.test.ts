import t from 'tap';
import { ipfixHeaderBytes, readIpfixHeader, writeIpfixHeader } from '../../../shared/protocol/ipfix.ts';
import { hexBytes, viewOf } from '../../support/capture-builder.ts';

// RFC 7011 3.1: version, length, export time, sequence number, Observation Domain ID.
const octets = hexBytes('000a 0158 65e07240 fffffffe 80000001');
const header = { lengthBytes: 344, exportSeconds: 1709208128, sequence: 4294967294, domain: 2147483649 };

t.test('the header is read', async (t) => {
  t.equal(ipfixHeaderBytes, octets.length);
  t.same(readIpfixHeader(viewOf(octets), 0), header);
});

t.test('and written, anywhere', async (t) => {
  const written = new Uint8Array(20).fill(0xee);
  writeIpfixHeader(viewOf(written), 2, header);
  t.same(written, hexBytes(`eeee ${Buffer.from(octets).toString('hex')} eeee`));
  writeIpfixHeader(viewOf(written), 2, { ...header, sequence: 2 ** 32 + 5 });
  t.equal(viewOf(written).getUint32(10), 5, 'modulo 2^32');
});
