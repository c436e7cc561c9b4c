/**
 * Template Records on the wire.
 *
 *     Template Record            0 template id (>= 256)   2 field count   4 Field Specifiers
 *     Options Template (IPFIX)   0 template id   2 field count   4 scope field count   6 Field Specifiers, scopes first
 *     Options Template (v9)      0 template id   2 octets of scope specifiers   4 octets of option specifiers   6 specifiers
 *     Field Specifier            0 E bit + element id   2 length   [4 enterprise number, where E is set; IPFIX only]
 *     Withdrawal (IPFIX)         0 template id   2 field count = 0 (RFC 7011 8.1)
 */

import { FormatError, type FormatErrorCode } from '../wire/format-error.ts';
import { firstDataSetId, setIds } from './sets.ts';
import { type FieldSpecifier, makeTemplate, type Template } from './template.ts';

/** Fields that a Template may have. The longest seen from a device has 90; a datagram could declare 16,000. */
export const maxTemplateFields = 1024;
/** Fields of no length cost work in every record, and no octets; devices send one or two (Juniper). */
export const maxEmptyFields = 16;

interface RecordHead {
  readonly fieldCount: number;
  readonly scopeCount: number;
  readonly headBytes: number;
}

/** The head of a record of which four octets are there, or how it is wrong. */
const readHead = (
  view: DataView,
  version: 9 | 10,
  isOptions: boolean,
  at: number,
  end: number,
): RecordHead | FormatErrorCode => {
  const second = view.getUint16(at + 2);
  if (!isOptions) return { fieldCount: second, scopeCount: 0, headBytes: 4 };
  if (version === 10 && second === 0) return { fieldCount: 0, scopeCount: 0, headBytes: 4 };
  if (end - at < 6) return 'template-truncated';
  const third = view.getUint16(at + 4);
  if (version === 10) {
    if (third > second) return 'template-scope';
    return { fieldCount: second, scopeCount: third, headBytes: 6 };
  }
  if (second % 4 !== 0 || third % 4 !== 0) return 'template-scope';
  return { fieldCount: second / 4 + third / 4, scopeCount: second / 4, headBytes: 6 };
};

const enterpriseBit = 0x8000;

const readSpecifier = (view: DataView, at: number, isEnterprise: boolean): FieldSpecifier => {
  const id = view.getUint16(at);
  const lengthBytes = view.getUint16(at + 2);
  return isEnterprise
    ? { pen: view.getUint32(at + 4), id: id - enterpriseBit, lengthBytes }
    : { pen: 0, id, lengthBytes };
};

/** One Template Record of which four octets are there, and where it ends; or how it is wrong, so that its end is not known. */
const readRecord = (
  view: DataView,
  version: 9 | 10,
  isOptions: boolean,
  at: number,
  end: number,
):
  | { readonly head: RecordHead; readonly fields: readonly FieldSpecifier[]; readonly end: number }
  | FormatErrorCode => {
  const head = readHead(view, version, isOptions, at, end);
  if (typeof head === 'string') return head;
  if (head.fieldCount > maxTemplateFields) return 'template-fields';
  let position = at + head.headBytes;
  const fields: FieldSpecifier[] = [];
  for (let i = 0; i < head.fieldCount; i++) {
    const isEnterprise = end - position >= 4 && version === 10 && view.getUint16(position) >= enterpriseBit;
    const lengthBytes = isEnterprise ? 8 : 4;
    if (end - position < lengthBytes) return 'template-truncated';
    fields.push(readSpecifier(view, position, isEnterprise));
    position += lengthBytes;
  }
  return { head, fields, end: position };
};

/**
 * Reads the Template Records of a Set in `[at, end)` and calls `visit` for each. A Template without fields is a withdrawal in
 * IPFIX (`id` of the Set: all of its kind). Fewer than four octets, or a zero id and count, end the Set as padding.
 * `refused` hears of a Template that cannot be used; the ones behind it still count where it is known where it ends.
 */
export const readTemplateSet = (
  view: DataView,
  version: 9 | 10,
  setId: number,
  at: number,
  end: number,
  visit: (template: Template) => void,
  refused: (id: number, error: FormatError) => void,
): void => {
  const isOptions = setId === setIds[version].optionsTemplate;
  let position = at;
  while (end - position >= 4) {
    const id = view.getUint16(position);
    if (id === 0 && view.getUint16(position + 2) === 0) return;
    const record = readRecord(view, version, isOptions, position, end);
    if (typeof record === 'string') {
      refused(id, new FormatError(record));
      return;
    }
    const { head, fields } = record;
    position = record.end;
    const template = makeTemplate(version, id, fields, isOptions ? head : undefined);
    const isWithdrawal = version === 10 && fields.length === 0;
    if (isWithdrawal && (id >= firstDataSetId || id === setId)) visit(template);
    else if (id < firstDataSetId) refused(id, new FormatError('template-id'));
    else if (fields.length === 0) refused(id, new FormatError('template-empty'));
    else if (fields.filter((f) => f.lengthBytes === 0).length > maxEmptyFields)
      refused(id, new FormatError('template-fields'));
    else if (template.minBytes === 0) refused(id, new FormatError('template-zero-length'));
    else visit(template);
  }
};

/** Octets that `writeTemplateRecord` takes. */
export const templateRecordBytes = (template: Template): number =>
  (template.isOptions && template.fields.length > 0 ? 6 : 4) +
  template.fields.reduce((sum, f) => sum + (f.pen !== 0 ? 8 : 4), 0);

/** Writes a Template Record, or for a Template without fields a withdrawal, at `at`; returns the offset behind it. */
export const writeTemplateRecord = (view: DataView, at: number, template: Template): number => {
  const { fields, scopeCount } = template;
  let position = at;
  const put = (value: number): void => {
    view.setUint16(position, value);
    position += 2;
  };
  put(template.id);
  if (!template.isOptions || fields.length === 0) put(fields.length);
  else if (template.version === 9) {
    put(4 * scopeCount);
    put(4 * (fields.length - scopeCount));
  } else {
    put(fields.length);
    put(scopeCount);
  }
  for (const field of fields) {
    put(field.pen !== 0 ? field.id | enterpriseBit : field.id);
    put(field.lengthBytes);
    if (field.pen !== 0) {
      view.setUint32(position, field.pen);
      position += 4;
    }
  }
  return position;
};
