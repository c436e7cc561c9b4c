/** The table `connections` as a mirror of a gateway's conntrack: there soon after a connection has begun, closed when it has ended. */

import t from 'tap';
import { listConnections } from '../support/kernel-connections.ts';
import { labAddresses, servicePort, startNatLab, translatedPorts } from '../support/nat-lab.ts';
import { hasPeers } from '../support/peers.ts';
import { runCli } from '../support/run-cli.ts';
import { type RunningCollector, startCollector } from '../support/running-collector.ts';
import { startExporter } from '../support/running-exporter.ts';
import { until } from '../support/until.ts';

const { client: inside, outside, server } = labAddresses;

interface Mirrored {
  readonly isClosed: number;
  readonly natSource: string;
  readonly natPort: number;
  readonly bytes: number;
  readonly reverseBytes: number;
}

/** Out of the table itself, which has the newest state of each; not out of `flows`. */
const findMirrored = async (collector: RunningCollector, srcPort: number): Promise<Mirrored | undefined> => {
  const rows = await collector.sql<Mirrored>(`SELECT is_closed AS isClosed,
    replaceOne(toString(post_nat_src_addr), '::ffff:', '') AS natSource, post_nat_src_port AS natPort,
    total_bytes AS bytes, reverse_total_bytes AS reverseBytes
    FROM connections FINAL WHERE proto = 6 AND src_port = ${srcPort}`);
  return rows[0];
};

t.test('a connection is in the mirror while it lasts, and is closed by its end', async (t) => {
  if (!hasPeers(t, 'chdb')) return;
  const lab = startNatLab(t);
  if (lab === undefined) return;
  lab.enableAccounting();
  const collector = await startCollector(t, { listen: [`udp://${lab.collectorAddress}:0`] });
  const to = `udp://${lab.collectorAddress}:${collector.port}`;
  await startExporter(t, lab.gateway, ['--to', to, '--events', 'new,update,destroy', '--active', '0']);
  const { client } = await lab.startPeers();
  const listener = await lab.listen();
  const ask = async (srcPort: number, ...more: readonly string[]) => {
    const args = ['connections', '--data', collector.dataDir, '--filter', `src port ${srcPort}`, '--json'];
    const { stdout, stderr } = await runCli([...args, ...more]);
    t.notMatch(stderr, /error/i);
    return stdout;
  };

  for (const [name, host] of [
    ['masqueraded', server.ipv4],
    ['routed', server.ipv6],
  ] as const)
    await t.test(name, async (t) => {
      const connection = await client.connect(host, servicePort);
      const { localPort } = connection;
      const mirrored = await until('it is there', () => findMirrored(collector, localPort));
      t.comment(`in the table after ${Date.now() - connection.startMs} ms`);
      const translation =
        host === server.ipv4 ? { natSource: outside.ipv4 } : { natSource: '::', natPort: 0 };
      t.match(mirrored, { isClosed: 0, ...translation });
      if (host === server.ipv4)
        t.ok(mirrored.natPort >= translatedPorts.first && mirrored.natPort <= translatedPorts.last);
      const source = host === server.ipv4 ? inside.ipv4 : inside.ipv6;
      const open = await until('it is open', async () => {
        const said = await ask(localPort);
        return said.includes('"open"') && said;
      });
      t.ok(open.includes(source) && open.includes(host));

      await client.exchange(connection, 3000, 100_000);
      await client.close(connection);
      const endMs = Date.now();
      await until('the exchange of FINs is seen', async () =>
        /"clos(ing|ed)"/.test(await ask(localPort, '--all')),
      );
      const kernel = await until('the kernel has forgotten it', () => {
        // It drops what has expired when somebody looks, or some time later.
        listConnections(lab.gateway);
        return listener.find(
          ({ event, original }) => event === 'DESTROY' && original.srcPort === localPort,
        )[0];
      });
      const closed = await until('it is closed', async () => {
        const row = await findMirrored(collector, localPort);
        return row?.isClosed === 1 && row;
      });
      // The kernel itself waits two seconds here (nf_conntrack_tcp_timeout_time_wait) before it forgets a connection.
      t.comment(
        `closed ${Date.now() - endMs} ms after the last FIN, ${Date.now() - kernel.timeMs} ms after the kernel's end`,
      );
      t.match(closed, { ...translation, bytes: kernel.original.bytes, reverseBytes: kernel.reply.bytes });
      t.ok(closed.bytes > 3008 && closed.reverseBytes > 100_000);
      t.notMatch(await ask(localPort), String(localPort), 'it is no longer among those that are open');
      t.match(await ask(localPort, '--all'), /"closed"/);
    });
});
