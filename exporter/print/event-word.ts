/** What a record tells of its flow, in one word. */

import { type FlowRecord, flowEndReasons } from '../meter/flow-record.ts';

export type EventWord = FlowRecord['event'] | 'aggregate' | 'trace';

/**
 * `interim`: more of the flow follows. Flows of packets have no events, and get the words of conntrack. `trace`: a request that a proxy
 * passed on.
 */
export const eventWord = (record: FlowRecord): EventWord => {
  if (record.form === 'aggregate' || record.form === 'trace') return record.form;
  if (record.source === 'conntrack') return record.event;
  return record.endReason === flowEndReasons.active ? 'interim' : 'destroy';
};
