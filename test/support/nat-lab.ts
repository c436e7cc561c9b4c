/**
 * A network with a NAT gateway, from three network namespaces of the machine that the test runs on:
 *
 *   client 10.77.0.2 ---- 10.77.0.1 gateway 203.0.113.1 ---- 203.0.113.2 server
 *          fd00:77::2    fd00:77::1         2001:db8:113::1  2001:db8:113::2
 *
 * The gateway masquerades IPv4, with ports of its own choice; its port 8080 is the service of the server. IPv6 is only routed. A
 * fourth link, to the namespace of the test, is for what the exporter in the gateway sends to a collector that the test can ask.
 */

import type { Test } from 'tap';
import { type ConnectionListener, startListener } from './kernel-connections.ts';
import { type LabPeer, startPeer } from './lab-traffic.ts';
import { addAddresses, joinNamespaces, NetworkNamespace } from './network-namespace.ts';
import { hasPeers, isRoot } from './peers.ts';

export const labAddresses = {
  client: { ipv4: '10.77.0.2', ipv6: 'fd00:77::2' },
  inside: { ipv4: '10.77.0.1', ipv6: 'fd00:77::1' },
  outside: { ipv4: '203.0.113.1', ipv6: '2001:db8:113::1' },
  server: { ipv4: '203.0.113.2', ipv6: '2001:db8:113::2' },
} as const;

/** Of the server's TCP and UDP service. */
export const servicePort = 5001;
/** Of the gateway: TCP that it sends on to the service. */
export const forwardedPort = 8080;
/** Ports that the gateway uses outside. Linux gives none of them to a client (net.ipv4.ip_local_port_range), so each is translated. */
export const translatedPorts = { first: 20_000, last: 29_999 } as const;

const rules = `
table inet lab {
  chain prerouting {
    type nat hook prerouting priority dstnat;
    ip daddr ${labAddresses.inside.ipv4} tcp dport ${forwardedPort} dnat ip to ${labAddresses.server.ipv4}:${servicePort}
  }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    oifname "outside" meta nfproto ipv4 meta l4proto { tcp, udp } masquerade to :${translatedPorts.first}-${translatedPorts.last}
    oifname "outside" meta nfproto ipv4 masquerade
  }
}
`;

/** Short, so that a test sees a connection expire. The kernel counts them in seconds. */
const timeouts = {
  'net.netfilter.nf_conntrack_tcp_timeout_time_wait': 2,
  'net.netfilter.nf_conntrack_udp_timeout': 2,
  'net.netfilter.nf_conntrack_udp_timeout_stream': 3,
  'net.netfilter.nf_conntrack_icmp_timeout': 2,
  'net.netfilter.nf_conntrack_icmpv6_timeout': 2,
};

const forwarding = { 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 };

let labs = 0;

export class NatLab {
  readonly client: NetworkNamespace;
  readonly gateway: NetworkNamespace;
  readonly server: NetworkNamespace;
  /** Of the test's own namespace, as the gateway reaches it. */
  readonly collectorAddress: string;

  /** Names hold our pid, so that tests in several processes do not meet. */
  constructor() {
    const unique = `${process.pid}-${++labs}`;
    this.client = new NetworkNamespace(`flowledger-${unique}-client`);
    this.gateway = new NetworkNamespace(`flowledger-${unique}-gateway`);
    this.server = new NetworkNamespace(`flowledger-${unique}-server`);
    // Of 198.18.0.0/15, which is for tests of network devices (RFC 2544): 32,768 networks of four addresses.
    const network = ((process.pid * 8 + labs) % 32_768) * 4;
    const address = (host: number): string =>
      `198.${18 + (network >> 16)}.${(network >> 8) & 255}.${(network & 255) + host}`;
    this.collectorAddress = address(1);
    this.#cable(`fl${unique}`, address);
    this.gateway.set({ ...forwarding, ...timeouts });
    this.gateway.loadRules(rules);
  }

  #cable(ownInterface: string, address: (host: number) => string): void {
    const { client, gateway, server } = this;
    joinNamespaces([client, 'eth0'], [gateway, 'inside']);
    joinNamespaces([server, 'eth0'], [gateway, 'outside']);
    joinNamespaces([undefined, ownInterface], [gateway, 'collector']);
    const { ipv4, ipv6 } = {
      ipv4: (name: keyof typeof labAddresses) => `${labAddresses[name].ipv4}/24`,
      ipv6: (name: keyof typeof labAddresses) => `${labAddresses[name].ipv6}/64`,
    };
    addAddresses(client, 'eth0', ipv4('client'), ipv6('client'));
    addAddresses(gateway, 'inside', ipv4('inside'), ipv6('inside'));
    addAddresses(gateway, 'outside', ipv4('outside'), ipv6('outside'));
    addAddresses(server, 'eth0', ipv4('server'), ipv6('server'));
    addAddresses(undefined, ownInterface, `${address(1)}/30`);
    addAddresses(gateway, 'collector', `${address(2)}/30`);
    client.ip('route', 'add', 'default', 'via', labAddresses.inside.ipv4);
    client.ip('-6', 'route', 'add', 'default', 'via', labAddresses.inside.ipv6);
    // The server knows no way to 10.77.0.0/24: what it answers has been translated.
    server.ip('-6', 'route', 'add', 'default', 'via', labAddresses.outside.ipv6);
  }

  /** Switches on what an exporter needs: accounting and timestamps, both of which hold for connections from then on. */
  enableAccounting(): void {
    this.gateway.set({ 'net.netfilter.nf_conntrack_acct': 1, 'net.netfilter.nf_conntrack_timestamp': 1 });
  }

  /** A client, and a server whose service is up. */
  async startPeers(): Promise<{ readonly client: LabPeer; readonly service: LabPeer }> {
    const [client, service] = await Promise.all([startPeer(this.client), startPeer(this.server)]);
    await service.listen(servicePort);
    return { client, service };
  }

  /** Listens for the kernel's own events in the gateway. */
  listen(): Promise<ConnectionListener> {
    return startListener(this.gateway);
  }

  async remove(): Promise<void> {
    await Promise.all([this.client.remove(), this.gateway.remove(), this.server.remove()]);
  }
}

/** A lab that goes with the test; undefined, and the test skipped (failed in CI), where none can be made. */
export const startNatLab = (t: Test): NatLab | undefined => {
  if (!isRoot(t) || !hasPeers(t, 'ip', 'nft', 'conntrack', 'ping')) return undefined;
  const lab = new NatLab();
  t.teardown(() => lab.remove());
  return lab;
};
