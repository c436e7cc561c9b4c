/** A connection and the slot of the table that keeps it: from one to the other, and back. */

import type { Connection, Tuple } from '../observe/connection.ts';
import { keyWords, readAddress } from './connection-key.ts';
import { type ConnectionTable, slotBits, slotFacts, slotNumbers } from './connection-table.ts';
import { isIcmp } from './is-icmp.ts';
import type { TextPool } from './text-pool.ts';

const noState = 0xff;
const statesShift = 8;
const maxTcpState = 9;
const statesMask = (1 << (maxTcpState + 1)) - 1;

/** The TCP states that were seen, a bit each. */
export const seenStatesOf = (table: ConnectionTable, slot: number): number =>
  (table.fact(slot, slotFacts.states) >>> statesShift) & statesMask;

const addState = (states: number, state: number): number => {
  if (state < 0) return states;
  const seen = state <= maxTcpState ? 1 << (statesShift + state) : 0;
  return (states & ~noState) | (state & noState) | seen;
};

/** Keeps what does not change, in a slot that has the key only. */
export const keepTuples = (table: ConnectionTable, slot: number, connection: Connection): void => {
  const { reply } = connection;
  const { addressWords } = table;
  const at = slot * table.keysPerSlot + keyWords.addresses + 2 * addressWords;
  readAddress(table.keys, at, reply.src, addressWords);
  readAddress(table.keys, at + addressWords, reply.dst, addressWords);
  table.setFact(slot, slotFacts.replyPorts, (reply.srcPort << 16) | reply.dstPort);
  table.setFact(slot, slotFacts.states, noState);
};

/** Keeps what each message may say anew. */
export const keepFacts = (
  table: ConnectionTable,
  slot: number,
  connection: Connection,
  texts: TextPool,
): void => {
  table.setFact(slot, slotFacts.status, connection.status);
  table.setFact(slot, slotFacts.mark, connection.mark);
  table.setFact(slot, slotFacts.states, addState(table.fact(slot, slotFacts.states), connection.state));
  table.setFact(slot, slotFacts.timeoutSeconds, connection.timeoutSeconds);
  // Events of a change of something else come without these.
  if (connection.helper === '' && connection.labels === '') return;
  const before = table.fact(slot, slotFacts.texts);
  const helper = connection.helper === '' ? before >>> 16 : texts.numberOf(connection.helper);
  const labels = connection.labels === '' ? before & 0xffff : texts.numberOf(connection.labels);
  table.setFact(slot, slotFacts.texts, (helper << 16) | labels);
};

const mappedPrefixEnd = 12;

const writeAddress = (octets: Uint8Array, words: Int32Array, at: number, count: number): void => {
  if (count === 1) octets.fill(0, 0, mappedPrefixEnd).fill(0xff, mappedPrefixEnd - 2, mappedPrefixEnd);
  for (let word = 0, to = octets.length - 4 * count; word < count; word++, to += 4) {
    const value = words[at + word] as number;
    octets[to] = value >>> 24;
    octets[to + 1] = (value >>> 16) & 0xff;
    octets[to + 2] = (value >>> 8) & 0xff;
    octets[to + 3] = value & 0xff;
  }
};

const setPorts = (tuple: Tuple, ports: number): void => {
  tuple.srcPort = ports >>> 16;
  tuple.dstPort = ports & 0xffff;
};

const recallOriginalPorts = (connection: Connection, ports: number): void => {
  const { original } = connection;
  const icmp = isIcmp(connection.protocol);
  setPorts(original, icmp ? 0 : ports);
  original.icmpType = icmp ? ports >>> 24 : 0;
  original.icmpCode = icmp ? (ports >>> 16) & 0xff : 0;
  original.icmpId = icmp ? ports & 0xffff : 0;
};

/** Fills `connection` with all that the slot keeps; as in a dump, but ICMP in the reply is left out. */
export const recallConnection = (
  connection: Connection,
  table: ConnectionTable,
  slot: number,
  texts: TextPool,
): void => {
  const { keys, addressWords } = table;
  const key = slot * table.keysPerSlot;
  const kind = keys[key + keyWords.kind] as number;
  connection.kind = 'dump';
  connection.portId = 0;
  connection.family = addressWords === 1 ? 4 : 6;
  connection.protocol = kind & 0xff;
  connection.zone = kind >>> 8;
  connection.id = (keys[key + keyWords.id] as number) >>> 0;
  const addresses = key + keyWords.addresses;
  const { original, reply } = connection;
  writeAddress(original.src, keys, addresses, addressWords);
  writeAddress(original.dst, keys, addresses + addressWords, addressWords);
  writeAddress(reply.src, keys, addresses + 2 * addressWords, addressWords);
  writeAddress(reply.dst, keys, addresses + 3 * addressWords, addressWords);
  recallOriginalPorts(connection, keys[key + keyWords.ports] as number);
  setPorts(reply, table.fact(slot, slotFacts.replyPorts));
  connection.status = table.fact(slot, slotFacts.status) >>> 0;
  connection.mark = table.fact(slot, slotFacts.mark) >>> 0;
  connection.timeoutSeconds = table.fact(slot, slotFacts.timeoutSeconds);
  const states = table.fact(slot, slotFacts.states);
  connection.state = (states & noState) === noState ? -1 : states & noState;
  const text = table.fact(slot, slotFacts.texts);
  connection.helper = texts.textOf(text >>> 16);
  connection.labels = texts.textOf(text & 0xffff);
  connection.hasCounters = (states & slotBits.hasCounters) !== 0;
  connection.packets = table.number(slot, slotNumbers.latest);
  connection.octets = table.number(slot, slotNumbers.latest + 1);
  connection.reversePackets = table.number(slot, slotNumbers.latest + 2);
  connection.reverseOctets = table.number(slot, slotNumbers.latest + 3);
  connection.startMicros = table.number(slot, slotNumbers.startMicros);
  connection.stopMicros = 0;
  connection.eventMicros = 0;
};
