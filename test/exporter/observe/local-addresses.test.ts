import type { NetworkInterfaceInfo } from 'node:os';
import t from 'tap';
import { LocalAddresses } from '../../../exporter/observe/local-addresses.ts';
import { parseAddress } from '../../../shared/wire/address.ts';

const octets = (text: string): Uint8Array => parseAddress(text) ?? new Uint8Array(16);
const info = (address: string, family: 'IPv4' | 'IPv6', scopeid = 0): NetworkInterfaceInfo =>
  ({ address, family, scopeid, netmask: '', mac: '', internal: false, cidr: null }) as NetworkInterfaceInfo;

t.test('addresses of the machine are known, and link-local ones by their interface', (t) => {
  let reads = 0;
  let interfaces = {
    eth0: [info('192.0.2.1', 'IPv4'), info('2001:db8::1', 'IPv6'), info('fe80::1', 'IPv6', 4)],
  };
  const addresses = new LocalAddresses(() => {
    reads++;
    return interfaces;
  });
  t.equal(addresses.find(octets('192.0.2.1'), 1000), 0);
  t.equal(addresses.find(octets('2001:db8::1'), 1000), 0);
  t.equal(addresses.find(octets('fe80::1'), 1000), 4);
  t.equal(addresses.find(octets('192.0.2.2'), 1000), -1);
  t.equal(addresses.find(octets('2001:db8::2'), 1000), -1);
  t.equal(addresses.find(octets('127.9.9.9'), 1000), 0, 'all of 127.0.0.0/8');
  t.equal(reads, 1, 'read once');

  interfaces = { eth0: [info('192.0.2.2', 'IPv4')] };
  t.notOk(addresses.refreshForUnknown(1100), 'a moment ago it was asked');
  t.ok(addresses.refreshForUnknown(1300));
  t.equal(addresses.find(octets('192.0.2.2'), 1300), 0, 'a new address');
  t.equal(addresses.find(octets('192.0.2.1'), 1300), -1, 'that one has gone');
  addresses.find(octets('192.0.2.1'), 7000);
  t.equal(reads, 3, 'after some seconds they are read again');
  t.end();
});

t.test('without anything given: of this machine', (t) => {
  t.equal(new LocalAddresses().find(octets('127.0.0.1'), 0), 0);
  t.equal(new LocalAddresses().find(octets('192.0.2.77'), 0), -1);
  t.end();
});
