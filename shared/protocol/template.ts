/** Template Records (RFC 7011 3.4, RFC 3954 5.2 and 6.1), in one form for all versions. */

/** RFC 7011 3.2; `lengthBytes` 65535 means variable length. NetFlow v9 has no enterprise number: `pen` is 0. */
export interface FieldSpecifier {
  readonly pen: number;
  readonly id: number;
  readonly lengthBytes: number;
}

export const variableLength = 65535;

export interface Template {
  readonly version: 5 | 9 | 10;
  readonly id: number;
  /** Scope fields first. In NetFlow v9 the `id` of a scope field is a scope type (1 system ... 5 template). */
  readonly fields: readonly FieldSpecifier[];
  /** How many of `fields` are scope fields; an Options Template may have none (Juniper SRX, v9). */
  readonly scopeCount: number;
  readonly isOptions: boolean;
  /** Octets of the shortest record: variable-length fields count 1. */
  readonly minBytes: number;
  readonly hasVariable: boolean;
}

export const makeTemplate = (
  version: Template['version'],
  id: number,
  fields: readonly FieldSpecifier[],
  options?: { readonly scopeCount: number },
): Template => ({
  version,
  id,
  fields,
  scopeCount: options?.scopeCount ?? 0,
  isOptions: options !== undefined,
  minBytes: fields.reduce((sum, f) => sum + (f.lengthBytes === variableLength ? 1 : f.lengthBytes), 0),
  hasVariable: fields.some((f) => f.lengthBytes === variableLength),
});
