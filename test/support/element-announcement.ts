/** Information Element type records as RFC 5610 3 and its appendix lay them out. */

import { optionsRecord, set, u8, u16, u32 } from './message-hex.ts';

const templateId = 999;

/** privateEnterpriseNumber and informationElementId as scope; informationElementDataType and informationElementName. */
const template = optionsRecord(
  templateId,
  [
    [346, 4],
    [303, 2],
  ],
  [
    [339, 1],
    [341, 65535],
  ],
);

/** `dataType` as IANA numbers them. */
export type Told = readonly [pen: number, id: number, dataType: number, name: string];

const text = (said: string): string => {
  const octets = Buffer.from(said);
  const length = octets.length < 255 ? u8(octets.length) : `ff${u16(octets.length)}`;
  return `${length}${octets.toString('hex')}`;
};

/** The Sets that announce: an Options Template and its records. */
export const announcement = (...told: readonly Told[]): readonly Uint8Array[] => [
  set(3, template),
  set(
    templateId,
    ...told.map(([pen, id, dataType, name]) => `${u32(pen)}${u16(id)}${u8(dataType)}${text(name)}`),
  ),
];
