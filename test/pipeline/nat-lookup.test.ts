/** "Who was 203.0.113.1:20001?", asked as a user asks it, seconds after the connection through a NAT gateway. */

import t, { type Test } from 'tap';
import { askCli } from '../support/ask-cli.ts';
import { forwardedPort, labAddresses, type NatLab, servicePort, startNatLab } from '../support/nat-lab.ts';
import { hasPeers } from '../support/peers.ts';
import { type RunningCollector, startCollector } from '../support/running-collector.ts';
import { startExporter } from '../support/running-exporter.ts';
import { until } from '../support/until.ts';

const { client: inside, inside: gateway, outside, server } = labAddresses;

interface Holder {
  readonly sure: string;
  readonly inside_addr: string;
  readonly inside_port: number;
  readonly from: string;
  readonly to: string | null;
  readonly bytes_out: number;
  readonly bytes_in: number;
  readonly translated: string;
}

const ask = async <Row>(collector: RunningCollector, ...args: readonly string[]): Promise<readonly Row[]> =>
  (await askCli<Row>(collector, ...args)).rows;

const startLab = async (t: Test): Promise<{ lab: NatLab; collector: RunningCollector } | undefined> => {
  if (!hasPeers(t, 'chdb')) return undefined;
  const lab = startNatLab(t);
  if (lab === undefined) return undefined;
  const collector = await startCollector(t, { listen: [`udp://${lab.collectorAddress}:0`] });
  const to = `udp://${lab.collectorAddress}:${collector.port}`;
  await startExporter(t, lab.gateway, ['--to', to, '--active', '2', '--events', 'new,destroy', '--enable']);
  return { lab, collector };
};

t.test('the server knows a public address and a port; nat-lookup names the client', async (t) => {
  const started = await startLab(t);
  if (started === undefined) return;
  const { lab, collector } = started;
  const { client, service } = await lab.startPeers();
  const first = await client.connect(server.ipv4, servicePort);
  const second = await client.connect(server.ipv4, servicePort);
  const seen = await service.accepted(2);
  const atMs = Date.now();
  const who = async (port: number, ...more: readonly string[]): Promise<Holder | undefined> => {
    const at = ['--at', new Date(atMs).toISOString(), '--proto', 'tcp', ...more];
    const found = await ask<Holder>(collector, 'nat-lookup', `${outside.ipv4}:${port}`, ...at);
    t.ok(found.length <= 1, 'there is no second one');
    return found[0];
  };
  for (const [nth, connection] of [first, second].entries()) {
    const port = seen[nth]?.remotePort ?? 0;
    const holder = await until('the translation is known', () => who(port));
    t.match(holder, { inside_addr: inside.ipv4, inside_port: connection.localPort, translated: 'source' });
    t.comment(`${Date.now() - atMs} ms after the connection`);
    t.match(await who(port, '--remote', `${server.ipv4}:${servicePort}`), {
      inside_port: connection.localPort,
    });
    t.equal(
      await who(port, '--remote', `${server.ipv4}:${servicePort + 1}`),
      undefined,
      'towards another one',
    );
  }

  await client.exchange(first, 2000, 90_000);
  const closingMs = Date.now();
  await client.close(first);
  const ended = await until('its end is known', async () => {
    const holder = await who(seen[0]?.remotePort ?? 0);
    return holder?.to !== null && holder?.sure === 'exact' && holder.bytes_in > 90_000 && holder;
  });
  const fromMs = Date.parse(ended.from);
  t.ok(fromMs > first.startMs - 200 && fromMs < first.connectedMs + 200, 'since the connection began');
  t.ok(Date.parse(ended.to ?? '') >= closingMs - 200, 'until it ended');

  await until('nat_log has it', async () => {
    const [row] = await collector.sql<{ n: number }>(
      `SELECT count() AS n FROM nat_log WHERE first_port = ${seen[0]?.remotePort} AND record_kind = 'flow'`,
    );
    return (row?.n ?? 0) > 0;
  });
  t.same(await who(seen[0]?.remotePort ?? 0), ended, 'out of nat_log it is the same');

  const used = await ask<{ public_port: string; remote_addr: string }>(
    collector,
    ...['nat-lookup', '--inside', `${inside.ipv4}:${second.localPort}`, '--last', '5m'],
  );
  t.match(used, [{ public_port: String(seen[1]?.remotePort), remote_addr: server.ipv4 }], 'the inverse');
  const table = await ask<{ src_port: number; state: string; nat_source: string }>(collector, 'connections');
  t.match(
    table.filter(({ src_port }) => src_port === second.localPort || src_port === first.localPort),
    [{ src_port: second.localPort, nat_source: `${outside.ipv4}:${seen[1]?.remotePort}` }],
    'connections has the one that is open, and not the other',
  );
  await collector.stop();
});

t.test('DNAT: which server received it', async (t) => {
  const started = await startLab(t);
  if (started === undefined) return;
  const { lab, collector } = started;
  const { client } = await lab.startPeers();
  const connection = await client.connect(gateway.ipv4, forwardedPort);
  const at = new Date().toISOString();
  const remote = `${inside.ipv4}:${connection.localPort}`;
  const holder = await until('the translation is known', async () => {
    const args = ['nat-lookup', `${gateway.ipv4}:${forwardedPort}`, '--at', at, '--remote', remote];
    return (await ask<Holder>(collector, ...args))[0];
  });
  t.match(holder, { inside_addr: server.ipv4, inside_port: servicePort, translated: 'destination' });
  await collector.stop();
});
