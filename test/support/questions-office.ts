/** The office day, received by a collector that has been there all the time: datagrams of three exporters, and the minutes in which they were heard. */

import { netflow5Message } from './flow-messages.ts';
import { dayMinutes, type OfficeDay } from './questions-day.ts';
import { gatewayMessages, routerMessages } from './questions-messages.ts';
import { sendDatagrams } from './send-datagrams.ts';

/** Where the exporters send from. */
export const exporters = { gateway: '127.0.0.11', router: '127.0.0.12', branch: '127.0.0.13' } as const;
/** Observation Domains. */
const domains = { gateway: 7, router: 9, branch: 0 } as const;

/** Minutes of silence, `[first, after the last]`. */
const silences = { gateway: [46, 53], branch: [20, dayMinutes] } as const;

/** One packet in a hundred, in the header of NetFlow v5: mode 1, interval 100. */
const sampled = 0x4000 + 100;

/** Sends the whole day; resolves to how many rows become of it. */
export const sendDay = async (day: OfficeDay, port: number, nowMs: number): Promise<number> => {
  const messages = {
    gateway: gatewayMessages(day.gateway, nowMs),
    router: routerMessages(day.router, nowMs),
    branch: [netflow5Message(day.branch, { exportMs: nowMs, sampling: sampled })],
  };
  for (const name of ['gateway', 'router', 'branch'] as const)
    await sendDatagrams({ port, from: exporters[name] }, messages[name]);
  const routerRows = day.router.reduce((sum, { down }) => sum + (down === 0 ? 1 : 2), 0);
  return day.gateway.length + routerRows + day.branch.length;
};

/**
 * INSERTs of what an earlier run of the collector booked: in which minutes each exporter was heard. What is sent in a test is received within a second, so that
 * only this can tell an exporter that was down from one that had nothing to say.
 */
export const heardInserts = (day: OfficeDay): readonly string[] => {
  const names = ['gateway', 'router', 'branch'] as const;
  const minutes = names.flatMap((name) => {
    const [from, to] = name === 'router' ? [dayMinutes, dayMinutes] : silences[name];
    return Array.from({ length: dayMinutes + 60 }, (_, i) => i - 60)
      .filter((minute) => minute < from || minute >= to)
      .map(
        (minute) => `(${day.at(minute) / 1000}, '::ffff:${exporters[name]}', ${domains[name]}, 'before', 5)`,
      );
  });
  const first = day.at(-60) / 1000;
  const known = names.map(
    (name) =>
      `('::ffff:${exporters[name]}', ${domains[name]}, 'before', ${first}, ${day.at(dayMinutes) / 1000})`,
  );
  return [
    `INSERT INTO exporter_loss (minute, exporter, domain, collector, datagrams) VALUES ${minutes.join(', ')}`,
    `INSERT INTO exporters (exporter, domain, collector, first_seen, last_seen) VALUES ${known.join(', ')}`,
  ];
};
