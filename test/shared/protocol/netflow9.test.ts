import t from 'tap';
import {
  netflow9HeaderBytes,
  readNetflow9Header,
  writeNetflow9Header,
} from '../../../shared/protocol/netflow9.ts';
import { hexBytes, viewOf } from '../../support/capture-builder.ts';

// RFC 3954 5.1: version, count, sysUpTime, UNIX seconds, sequence number, Source ID.
const octets = hexBytes('0009 001e fffffff0 65e07240 00000102 00000005');
const header = { count: 30, sysUptimeMs: 4294967280, exportSeconds: 1709208128, sequence: 258, domain: 5 };

t.test('the header is read', async (t) => {
  t.equal(netflow9HeaderBytes, octets.length);
  t.same(readNetflow9Header(viewOf(octets), 0), header);
});

t.test('and written', async (t) => {
  const written = new Uint8Array(22).fill(0xee);
  writeNetflow9Header(viewOf(written), 1, header);
  t.same(written, hexBytes(`ee ${Buffer.from(octets).toString('hex')} ee`));
});
