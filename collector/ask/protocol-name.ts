/** Names of IP protocols, as filters take them; the others are named by their number. */

import { protocolNumbers } from '../filter/protocol-numbers.ts';

/** The first of several names. */
const names = new Map([...protocolNumbers].reverse().map(([name, number]) => [number, name]));

export const protocolName = (protocol: number): string => names.get(protocol) ?? String(protocol);
