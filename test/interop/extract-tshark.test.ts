/**
 * What `extract` takes is what tshark's own filter takes from the same file, octet for octet. tshark is told not to put fragments
 * together; where the two differ on purpose, the pair says so, and docs/operating.md does.
 */

import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { extractPackets } from '../../collector/extract/extract-packets.ts';
import { compileSelection } from '../../collector/extract/select-packets.ts';
import { pcapBytes } from '../support/capture-builder.ts';
import { mixedPackets } from '../support/mixed-packets.ts';
import { hasPeers, peerPath } from '../support/peers.ts';

/** Later fragments belong to the datagram of the first one: tshark sees no ports in them. */
const laterPieces = '(ip.id == 0x7777 && ip.frag_offset > 0) || ipv6.fraghdr.offset > 0';
/** ICMP errors quote a packet, whose ports and addresses tshark takes for those of the packet. */
const own = '!icmp && !icmpv6';
const tcpPort = (test: string) => `(${own} && (tcp.port ${test} || udp.port ${test} || sctp.port ${test}))`;

const pairs: readonly (readonly [ours: string, tshark: string])[] = [
  ['any', 'frame'],
  ['ipv4', 'ip'],
  ['ipv6', 'ipv6'],
  ['not ipv4 and not ipv6', '!ip && !ipv6'],
  ['tcp', `tcp && ${own}`],
  ['udp', `(udp && ${own}) || ip.proto#1 == 17 || ipv6.fraghdr.nxt == 17`],
  ['icmp', 'icmp'],
  ['icmp6', 'icmpv6'],
  ['proto sctp', 'sctp'],
  ['proto in [gre esp igmp]', '(ip.proto#1 == 47 || ip.proto#1 == 50 || ip.proto#1 == 2)'],
  ['proto > 100', 'ip.proto#1 > 100'],
  [
    'not tcp and not udp',
    `!(tcp && ${own}) && !(udp && ${own}) && !(ip.proto#1 == 17) && !(ipv6.fraghdr.nxt == 17)`,
  ],
  ['ip 10.1.0.3', 'ip.addr#1 == 10.1.0.3'],
  ['dst ip 10.1.1.2', 'ip.dst#1 == 10.1.1.2'],
  ['dst host 192.0.2.100', 'ip.dst#1 == 192.0.2.100'],
  ['ip 10.9.9.9', 'ip.addr#1 == 10.9.9.9'],
  ['ip != 10.1.0.3', '!(ip.addr#1 == 10.1.0.3)'],
  [
    'ip in [10.1.0.1 10.1.1.4 2001:db8:1::5]',
    '(ip.addr#1 == 10.1.0.1 || ip.addr#1 == 10.1.1.4) || ipv6.addr == 2001:db8:1::5',
  ],
  ['ip 2001:db8:1::4', 'ipv6.addr == 2001:db8:1::4'],
  ['src ip 2001:db8:2::100', 'ipv6.src == 2001:db8:2::100'],
  ['net 10.1.1.0/24', 'ip.addr#1 == 10.1.1.0/24'],
  ['src net 10.1.0.4/30', 'ip.src#1 == 10.1.0.4/30'],
  ['dst net 10.1/16', 'ip.dst#1 == 10.1.0.0/16'],
  ['net 2001:db8:1::/126', 'ipv6.addr == 2001:db8:1::/126'],
  [
    'net in [10.1.0.0/31 10.1.1.6/31 10.1.0.6/32 192.0.2.200/32 2001:db8:1::6/127]',
    'ip.addr#1 == 10.1.0.0/31 || ip.addr#1 == 10.1.1.6/31 || ip.addr#1 == 10.1.0.6 || ipv6.addr == 2001:db8:1::6/127',
  ],
  ['port 443', tcpPort('== 443')],
  ['src port 443', `${own} && (tcp.srcport == 443 || udp.srcport == 443)`],
  [
    'dst port in [80 22 8000-8080]',
    `${own} && ((tcp.dstport == 80 || tcp.dstport == 22 || (tcp.dstport >= 8000 && tcp.dstport <= 8080)) || (udp.dstport == 80 || udp.dstport == 22 || (udp.dstport >= 8000 && udp.dstport <= 8080)))`,
  ],
  ['src port > 40007', `${own} && (tcp.srcport > 40007 || udp.srcport > 40007)`],
  [
    'src and dst port >= 443',
    `${own} && ((tcp.srcport >= 443 && tcp.dstport >= 443) || (udp.srcport >= 443 && udp.dstport >= 443) || sctp) || ${laterPieces}`,
  ],
  ['not port 443', `!${tcpPort('== 443')}`],
  ['port 7777', `${tcpPort('== 7777')} || ${laterPieces}`],
  ['src port 0', `${own} && udp.srcport == 0`],
  ['tcp and port 22 and net 10.1.0.0/16', `${own} && tcp.port == 22 && ip.addr#1 == 10.1.0.0/16`],
  ['icmp type 8', 'icmp.type == 8'],
  ['icmp type 3 and icmp code 1', 'icmp.type == 3 && icmp.code == 1'],
  ['icmp-type in [128 129 135]', '(icmpv6.type == 128 || icmpv6.type == 129 || icmpv6.type == 135)'],
  ['icmp code > 3', 'icmp.code > 3 || icmpv6.code > 3'],
  ['flags S', `${own} && tcp.flags.syn == 1`],
  ['flags S and not flags A', `${own} && tcp.flags.syn == 1 && tcp.flags.ack == 0`],
  ['flags SEC', `${own} && tcp.flags.syn == 1 && tcp.flags.ece == 1 && tcp.flags.cwr == 1`],
  ['flags 0x12', `${own} && tcp.flags == 0x012`],
  ['not flags AR', `!(${own} && (tcp.flags.ack == 1 || tcp.flags.reset == 1))`],
  ['tos 184', 'ip.dsfield#1 == 184 || ipv6.tclass == 184'],
  ['dscp 46', 'ip.dsfield.dscp#1 == 46 || ipv6.tclass.dscp == 46'],
  [
    'tos > 40 and dscp != 46',
    '(ip.dsfield#1 > 40 || ipv6.tclass > 40) && !(ip.dsfield.dscp#1 == 46 || ipv6.tclass.dscp == 46)',
  ],
  ['bytes > 1k', 'ip.len#1 > 1000 || ipv6.plen > 960'],
  ['bytes < 60', 'ip.len#1 < 60 || ipv6.plen < 20'],
  ['ttl_min < 5', 'ip.ttl#1 < 5 || ipv6.hlim < 5'],
  ['flow_label 2', 'ipv6.flow == 2'],
  ['vlan 100', 'vlan.id == 100'],
  ['vlan in [200 4094] or vlan < 6', 'ieee8021ad.id == 200 || vlan.id == 4094 || vlan.id < 6'],
  ['src mac 02:00:5e:00:00:03', 'eth.src == 02:00:5e:00:00:03'],
  [
    'mac in [0200.5e00.0004 02-00-5e-00-00-05]',
    '(eth.addr == 02:00:5e:00:00:04 || eth.addr == 02:00:5e:00:00:05)',
  ],
  ['mpls label 16004', 'mpls.label == 16004'],
  ['mpls label in [17 500]', '(mpls.label == 17 || mpls.label == 500)'],
  [
    '(tcp or udp) and not (port 80 or port 443) and bytes >= 500',
    `((tcp || udp || ip.proto#1 == 17 || ipv6.fraghdr.nxt == 17) && ${own}) && !${tcpPort('== 80')} && !${tcpPort('== 443')} && (ip.len#1 >= 500 || ipv6.plen >= 460)`,
  ],
];

const root = fileURLToPath(new URL('../..', import.meta.url));
const corpus = resolve(root, '../shared/corpus/data');
const asIs = ['-n', '-o', 'ip.defragment:FALSE', '-o', 'ipv6.defragment:FALSE'];

const tshark = async (...words: readonly string[]): Promise<string> =>
  (await promisify(execFile)(peerPath('tshark'), words, { timeout: 60_000, maxBuffer: 16 << 20 })).stdout;
const ours = (input: string, output: string, filter: string) =>
  extractPackets(input, output, compileSelection({ filter }, { nowMicros: 0, zone: 'UTC' }));

/**
 * Which of the frames, a second apart each, pass each of the filters: one process counts all of them, second by second. A comma
 * would end a filter.
 */
const passedFrames = async (
  path: string,
  frames: readonly Uint8Array[],
  displays: readonly string[],
): Promise<boolean[][]> => {
  // The last interval has the end of the file in it, so that its count is of two frames.
  const last = frames.slice(-1);
  writeFileSync(path, pcapBytes([...frames, ...last, ...last]));
  const table = await tshark(...asIs, '-r', path, '-q', '-z', `io,stat,1,${displays.join()}`);
  const rows = table.split('\n').filter((line) => /^\|\s+\d+ <> /.test(line));
  // | 0 <> 1 | frames | bytes | frames | bytes | ...
  const counts = rows.map((row) =>
    row
      .split('|')
      .slice(2, -1)
      .filter((_, column) => column % 2 === 0),
  );
  return displays.map((_, column) => frames.map((_, row) => counts[row]?.[column]?.trim() === '1'));
};

t.test('the packets of filters', async (t) => {
  if (!hasPeers(t, 'tshark')) return;
  const folder = t.testdir();
  const [input, mine] = [join(folder, 'in.pcap'), join(folder, 'mine.pcap')];
  const frames = mixedPackets();
  const whole = pcapBytes(frames);
  const ends = [24];
  for (const { length } of frames) ends.push((ends.at(-1) as number) + 16 + length);
  const records = frames.map((_, row) => whole.subarray(ends[row], ends[row + 1]));
  writeFileSync(input, whole);
  const passed = await passedFrames(
    join(folder, 'seconds.pcap'),
    frames,
    pairs.map(([, display]) => display),
  );
  for (const [i, [filter]] of pairs.entries()) {
    const expected = records.filter((_, row) => passed[i]?.[row]);
    const { taken } = await ours(input, mine, filter);
    t.ok(
      readFileSync(mine).equals(Buffer.concat([whole.subarray(0, 24), ...expected])),
      `${filter}: ${taken} packets`,
    );
    if (!/any|10\.9\.9\.9/.test(filter)) t.ok(taken > 0 && taken < frames.length, `${filter} is selective`);
  }
});

/** One form for all: nanoseconds, of this machine's byte order; only what passes a filter. */
const normalized = async (path: string, display = 'frame'): Promise<Buffer> => {
  await tshark(...asIs, '-r', path, '-Y', display, '-F', 'nsecpcap', '-w', `${path}.norm`);
  return readFileSync(`${path}.norm`);
};

const bigEndian = (little: Uint8Array): Uint8Array => {
  const bytes = Buffer.from(little);
  bytes.subarray(0, 4).swap32();
  for (const at of [4, 6]) bytes.subarray(at, at + 2).swap16();
  bytes.subarray(8, 24).swap32();
  for (let at = 24; at < bytes.length; ) {
    const captured = bytes.readUInt32LE(at + 8);
    bytes.subarray(at, at + 16).swap32();
    at += 16 + captured;
  }
  return bytes;
};

t.test('in every format', async (t) => {
  if (!hasPeers(t, 'tshark')) return;
  const folder = t.testdir();
  const plain = join(folder, 'plain.pcap');
  writeFileSync(plain, pcapBytes(mixedPackets()));
  writeFileSync(join(folder, 'big-endian.pcap'), bigEndian(readFileSync(plain)));
  for (const [name, format] of [
    ['nanos.pcap', 'nsecpcap'],
    ['blocks.pcapng', 'pcapng'],
  ] as const)
    await tshark('-n', '-r', plain, '-F', format, '-w', join(folder, name));
  for (const name of ['big-endian.pcap', 'nanos.pcap', 'blocks.pcapng']) {
    const [input, mine] = [join(folder, name), join(folder, `mine-${name}`)];
    await ours(input, mine, 'any');
    t.ok(readFileSync(mine).equals(readFileSync(input)), 'all of it is all of it');
    await ours(input, mine, 'ip 10.1.0.3 or vlan 100');
    const [own, theirs] = await Promise.all([
      normalized(mine),
      normalized(input, 'ip.addr#1 == 10.1.0.3 || vlan.id == 100'),
    ]);
    t.ok(own.equals(theirs), name);
    t.same(readFileSync(mine).subarray(0, 4), readFileSync(input).subarray(0, 4), 'the format stays');
  }
});

t.test('captures of others', async (t) => {
  if (!hasPeers(t, 'tshark')) return;
  const captures = [
    ...['softflowd-v9', 'softflowd-v10'].map((name) => join(root, `fixtures/captures/${name}.pcap`)),
    ...['sflow-ndpi', 'iosxr-ipfix-srv6-7101-b', 'unknown-ipfix-ipv6-mix-sources'].map((name) =>
      join(corpus, `${name}.pcap`),
    ),
  ].filter(existsSync);
  const folder = t.testdir();
  for (const [i, capture] of captures.entries()) {
    // What is normalized is written beside it.
    const [input, mine] = [join(folder, `in-${i}.pcap`), join(folder, `mine-${i}.pcap`)];
    copyFileSync(capture, input);
    await ours(input, mine, 'udp and (bytes > 400 or src port > 2055) and not src port 50000');
    const [own, theirs] = await Promise.all([
      normalized(mine),
      normalized(
        input,
        'udp && (ip.len#1 > 400 || ipv6.plen#1 > 360 || udp.srcport#1 > 2055) && !(udp.srcport#1 == 50000)',
      ),
    ]);
    t.ok(own.equals(theirs), capture);
  }
});
