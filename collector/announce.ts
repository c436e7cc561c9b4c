/** The first words of a collector: where it listens, where it stores, how to ask. */

import { formatBytes } from '../shared/service/format-quantity.ts';
import type { Log } from '../shared/service/log.ts';
import type { CollectOptions } from './collect-options.ts';
import type { LedgerJournal } from './ledger/ledger-messages.ts';
import type { OpenStore } from './open-store.ts';
import { version } from './package-version.ts';
import type { UdpListener } from './receive/udp-listener.ts';

export interface Announcement {
  readonly options: CollectOptions;
  readonly listeners: readonly UdpListener[];
  readonly store: OpenStore;
  readonly journal: LedgerJournal | undefined;
  readonly httpUrl: string | undefined;
}

/** One line for all sockets that got the same: there are three by default. */
const announceBuffers = (listeners: readonly UdpListener[], log: Log): void => {
  for (const grantedBytes of new Set(listeners.map((listener) => listener.grantedBufferBytes))) {
    const [first, ...others] = listeners.filter((l) => l.grantedBufferBytes === grantedBytes);
    if (!first) continue;
    const granted = {
      sockets: [first, ...others].map((listener) => listener.name).join(' '),
      granted: formatBytes(grantedBytes),
      wanted: formatBytes(first.wantedBufferBytes),
    };
    if (first.bufferAdvice === undefined) log.info('receive buffer', granted);
    else
      log.warn('receive buffer smaller than wanted: bursts may be lost', {
        ...granted,
        remedy: first.bufferAdvice,
      });
  }
};

/** As a block of text for people, or as a line of the log where that is JSON. */
export const announce = (
  { options, listeners, store, journal, httpUrl }: Announcement,
  log: Log,
  write: (text: string) => void,
): void => {
  const { dataDir, server } = options;
  const where = server ? '' : ` --data ${dataDir}`;
  const names = listeners.map((listener) => listener.name);
  const journalText = journal
    ? `${journal.directory}, at most ${formatBytes(journal.maxBytes)}`
    : 'off: what is not stored when the collector ends is lost';
  const lines = [
    `flowledger ${version} collects NetFlow v5, v9 and IPFIX`,
    `  listening  ${names.join('  ')}`,
    `  journal    ${journalText}`,
    `  storing    ${store.description}${store.embedded ? `, ${store.embedded.url}` : ''}`,
    ...(httpUrl ? [`  watching   ${httpUrl}/metrics  ${httpUrl}/healthz`] : []),
    `  asking     flowledger sql${where} "SELECT src_addr, sum(bytes * sampling_rate) AS b FROM flows GROUP BY 1 ORDER BY b DESC LIMIT 10"`,
  ];
  if (options.logFormat === 'text') write(`${lines.join('\n')}\n`);
  else
    log.info('collecting', {
      listen: names.join(' '),
      journal: journal?.directory ?? 'off',
      store: store.description,
      clickhouse: store.connection.url,
      http: httpUrl,
    });
  announceBuffers(listeners, log);
};
