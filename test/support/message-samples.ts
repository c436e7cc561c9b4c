/** Messages for tests, laid out as the RFCs do. */

import { hexBytes } from './capture-builder.ts';

/** IPFIX, domain 42, sequence 7: Template 256 with a variable length and a reverse element, and two records of it. */
export const ipfixSample = hexBytes(`
  000a 0050 65e07240 00000007 0000002a
  0002 001c  0100 0004  0008 0004  0001 0004  0052 ffff  8001 0004 00007279
  0100 0024
    c0000201 00000102 03 657468 00000005
    c0000202 ffffffff 03 6c6f00 00000000`);

/** The Data Set of `ipfixSample` alone, in a Message of its own. */
export const ipfixDataSample = hexBytes(`
  000a 0034 65e0723f 00000005 0000002a
  0100 0024
    c0000203 00000001 03 657468 00000005
    c0000204 00000002 03 6c6f00 00000000`);

/** NetFlow v9, domain 5: Options Template 257 (scope system; samplingInterval, samplingAlgorithm), padded, and one record. */
export const netflow9Sample = hexBytes(`
  0009 0002 00001000 65e07240 00000001 00000005
  0001 0018  0101 0004 0008  0001 0004  0022 0004  0023 0001  0000
  0101 0010  c0a80001 00000064 01 000000`);

/** NetFlow v5, engine 1/2, one record. */
export const netflow5Sample = hexBytes(`
  0005 0001 00002000 65e07240 000003e8 00000009 01 02 4064
  c0000201 c0000264 c00002fe 0001 0002 00000003 00000100 00001000 00001800
  c350 0050 00 12 06 08 fde8 fde9 18 10 0000`);

/** NetFlow v9 whose second Set says a length of 3. */
export const brokenSample = hexBytes(`
  0009 0002 00001000 65e07240 00000002 00000005
  0000 000c  0100 0001  0008 0004
  0100 0003  c0000201`);
