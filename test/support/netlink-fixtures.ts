/** The messages of fixtures/netlink: their octets, and what they say. */

import { readFileSync } from 'node:fs';
import { type Connection, makeConnection, type Tuple } from '../../exporter/observe/connection.ts';
import { parseAddress } from '../../shared/wire/address.ts';

export interface NetlinkFixture {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly expected: Connection;
}

const readTuple = (tuple: Tuple, line: string): void => {
  const [src = '', srcPort, dst = '', dstPort, type, code, id] = line.replace(/^\w+: /, '').split(' ');
  tuple.src.set(parseAddress(src) ?? []);
  tuple.dst.set(parseAddress(dst) ?? []);
  tuple.srcPort = Number(srcPort);
  tuple.dstPort = Number(dstPort);
  tuple.icmpType = Number(type);
  tuple.icmpCode = Number(code);
  tuple.icmpId = Number(id);
};

const readFixture = (paragraph: string): NetlinkFixture => {
  const [name = '', original = '', reply = '', values = '', ...hex] = paragraph.trim().split('\n');
  const expected = makeConnection();
  readTuple(expected.original, original);
  readTuple(expected.reply, reply);
  const texts = ['helper', 'labels'];
  const pairs = values.split(' ').map((pair) => pair.split('=') as [string, string]);
  Object.assign(
    expected,
    Object.fromEntries(
      pairs.map(([key, value]) => [
        key,
        texts.includes(key) ? value : value === 'true' ? true : Number(value),
      ]),
    ),
    { kind: name.replace(/-.*/, ''), family: original.includes(':: ') || /:.*::/.test(original) ? 6 : 4 },
  );
  return { name, bytes: Uint8Array.from(Buffer.from(hex.join(''), 'hex')), expected };
};

const file = new URL('../../fixtures/netlink/connections.txt', import.meta.url);

export const netlinkFixtures = (): readonly NetlinkFixture[] =>
  readFileSync(file, 'utf8').trim().split('\n\n').map(readFixture);

export const findNetlinkFixture = (name: string): NetlinkFixture => {
  const found = netlinkFixtures().find((fixture) => fixture.name === name);
  if (found === undefined) throw new Error(`no netlink fixture ${name}`);
  return found;
};
