/** Text of the filter language to a test on packets. */

import { FilterCursor } from './filter-cursor.ts';
import { packetTermTitles } from './packet-terms.ts';
import type { PacketTest } from './packet-test.ts';
import { parseFilter } from './parse-filter.ts';

/** An empty filter is every packet. Throws FilterError, also for terms that are about flows only. */
export const compilePacketFilter = (text: string): PacketTest => {
  const cursor = new FilterCursor(text);
  const { packet } = parseFilter(cursor);
  if (typeof packet === 'function') return packet;
  return cursor.fail(
    `a term that packets have, and ${packet.words} is about flows`,
    `packets have ${packetTermTitles.join('; ')}`,
    packet.at,
  );
};
