import type { Template } from '../../shared/protocol/template.ts';

/** Whether records of both lie alike in their octets, and mean the same. */
export const sameLayout = (a: Template, b: Template): boolean =>
  a.version === b.version &&
  a.isOptions === b.isOptions &&
  a.scopeCount === b.scopeCount &&
  a.fields.length === b.fields.length &&
  a.fields.every((field, i) => {
    const other = b.fields[i];
    return (
      other !== undefined &&
      field.id === other.id &&
      field.pen === other.pen &&
      field.lengthBytes === other.lengthBytes
    );
  });
