/** Four counters of a connection in the table (packets, octets, and those of the reply): as of the last record, and as told last. */

import type { Connection } from '../observe/connection.ts';
import { type ConnectionTable, slotBits, slotNumbers } from './connection-table.ts';

const { exported, latest } = slotNumbers;
const counterCount = 4;

const told = new Float64Array(counterCount);

/** Takes the counters of a message. True: they are others than before. */
export const keepCounters = (table: ConnectionTable, slot: number, connection: Connection): boolean => {
  told[0] = connection.packets;
  told[1] = connection.octets;
  told[2] = connection.reversePackets;
  told[3] = connection.reverseOctets;
  let changed = false;
  let wentBack = false;
  for (let nth = 0; nth < counterCount; nth++) {
    const before = table.number(slot, latest + nth);
    changed ||= before !== told[nth];
    wentBack ||= (told[nth] as number) < before;
  }
  // Somebody has set them to 0 (`conntrack -L -z`): what was not exported yet is owed still, beside all that is counted now.
  if (wentBack)
    for (let nth = 0; nth < counterCount; nth++)
      table.setNumber(
        slot,
        exported + nth,
        table.number(slot, exported + nth) - table.number(slot, latest + nth),
      );
  for (let nth = 0; nth < counterCount; nth++) table.setNumber(slot, latest + nth, told[nth] as number);
  table.setBits(slot, slotBits.hasCounters, 0);
  return changed;
};

/** What was counted until now is in totals only, or has been exported. */
export const settleCounters = (table: ConnectionTable, slot: number): void => {
  for (let nth = 0; nth < counterCount; nth++)
    table.setNumber(slot, exported + nth, table.number(slot, latest + nth));
};

/** Nothing has been exported. */
export const unsettleCounters = (table: ConnectionTable, slot: number): void => {
  for (let nth = 0; nth < counterCount; nth++) table.setNumber(slot, exported + nth, 0);
};

/** What was counted since the last record. False: nothing. */
export const readDeltas = (deltas: Float64Array, table: ConnectionTable, slot: number): boolean => {
  let found = false;
  for (let nth = 0; nth < counterCount; nth++) {
    const delta = table.number(slot, latest + nth) - table.number(slot, exported + nth);
    deltas[nth] = delta;
    found ||= delta !== 0;
  }
  return found;
};
