/**
 * Abstract data types of Information Elements (RFC 7012 3.1) with the codes by which exporters name them in type information
 * records (RFC 5610 3.1, IANA registry "IPFIX Information Element Data Types").
 */
export const abstractTypes = {
  octetArray: 0,
  unsigned8: 1,
  unsigned16: 2,
  unsigned32: 3,
  unsigned64: 4,
  signed8: 5,
  signed16: 6,
  signed32: 7,
  signed64: 8,
  float32: 9,
  float64: 10,
  boolean: 11,
  macAddress: 12,
  string: 13,
  dateTimeSeconds: 14,
  dateTimeMilliseconds: 15,
  dateTimeMicroseconds: 16,
  dateTimeNanoseconds: 17,
  ipv4Address: 18,
  ipv6Address: 19,
  basicList: 20,
  subTemplateList: 21,
  subTemplateMultiList: 22,
  unsigned256: 23,
} as const;

export type AbstractType = keyof typeof abstractTypes;
