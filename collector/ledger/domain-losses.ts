/** What is told of an Observation Domain in `exporter_loss`, counted since it was first heard. */

import type { ObservationDomain } from '../decode/observation-domain.ts';

/** Columns of `exporter_loss`, in the order of what `domainLosses` returns. */
export const domainLossColumns = [
  'datagrams',
  'records',
  'missing',
  'reordered',
  'duplicate',
  'unknown',
  'malformed',
  'waiting',
  'expired',
] as const;

/** Datagrams and Sets that were wrong. */
export const malformedOf = ({ counters }: ObservationDomain): number => {
  let sum = 0;
  for (const count of counters.reasons.values()) sum += count;
  return sum;
};

export const domainLosses = (domain: ObservationDomain): number[] => {
  const { counters } = domain;
  const { missing, reordered, duplicate, unknown } = domain.sequenceSums();
  return [
    counters.datagrams,
    counters.flowRecords + counters.optionsRecords,
    missing,
    reordered,
    duplicate,
    unknown,
    malformedOf(domain),
    counters.dataSetsKept,
    counters.dataSetsExpired + counters.dataSetsDropped,
  ];
};
