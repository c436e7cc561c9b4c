/** RFC 4443 1: ICMPv6 is another protocol than ICMP, and each is only meant over its own IP. */

import type { FlowRecord } from '../meter/flow-record.ts';

export const isIcmp = (record: FlowRecord): boolean => record.protocol === (record.family === 6 ? 58 : 1);
