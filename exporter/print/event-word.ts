/** What a record tells of its flow, in one word. */

import { type FlowRecord, flowEndReasons } from '../meter/flow-record.ts';

export type EventWord = FlowRecord['event'] | 'aggregate';

/** `interim`: more of the flow follows. Flows of packets have no events, and get the words of conntrack. */
export const eventWord = (record: FlowRecord): EventWord => {
  if (record.form === 'aggregate') return 'aggregate';
  if (record.source === 'conntrack') return record.event;
  return record.endReason === flowEndReasons.active ? 'interim' : 'destroy';
};
