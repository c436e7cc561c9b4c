import t from 'tap';
import {
  netflow5HeaderBytes,
  netflow5RecordBytes,
  netflow5Template,
  readNetflow5Header,
  writeNetflow5Header,
} from '../../../shared/protocol/netflow5.ts';
import { hexBytes, viewOf } from '../../support/capture-builder.ts';

// version, count, sysUptime, unix_secs, unix_nsecs, flow_sequence, engine_type, engine_id, sampling_interval
const octets = hexBytes('0005 001e 00002000 65e07240 3b9ac9ff 00000009 01 02 4064');
const header = {
  count: 30,
  sysUptimeMs: 8192,
  exportSeconds: 1709208128,
  exportNanos: 999999999,
  sequence: 9,
  domain: 258,
  sampling: 0x4064,
};

t.test('the header is read', async (t) => {
  t.equal(netflow5HeaderBytes, octets.length);
  t.same(readNetflow5Header(viewOf(octets), 0), header);
});

t.test('and written', async (t) => {
  const written = new Uint8Array(26).fill(0xee);
  writeNetflow5Header(viewOf(written), 1, header);
  t.same(written, hexBytes(`ee ${Buffer.from(octets).toString('hex')} ee`));
});

t.test('the record as a Template: each field at the offset of the v5 format', async (t) => {
  t.equal(netflow5Template.minBytes, netflow5RecordBytes);
  t.equal(netflow5Template.minBytes, 48);
  const offsets = new Map<number, number>();
  let at = 0;
  for (const { id, lengthBytes } of netflow5Template.fields) {
    if (!offsets.has(id)) offsets.set(id, at);
    at += lengthBytes;
  }
  const wanted = [[8, 0], [12, 4], [15, 8], [10, 12], [14, 14], [2, 16], [1, 20], [22, 24], [21, 28], [7, 32], [11, 34],
    [210, 36], [6, 37], [4, 38], [5, 39], [16, 40], [17, 42], [9, 44], [13, 45]]; // biome-ignore format: a table
  t.same([...offsets], wanted);
});
