import { type Element, findElement } from '../../shared/elements/registry.ts';
import type { Template } from '../../shared/protocol/template.ts';
import type { FindAnnounced } from './announced-elements.ts';

/**
 * What a Field Specifier means: the registry's word, and where it has none the exporter's. Elements that were announced are called
 * `PEN.name`; the name is empty where there is none.
 */
export const knownElement = (
  version: Template['version'],
  pen: number,
  id: number,
  findAnnounced: FindAnnounced,
): Element | undefined => {
  const known = findElement(version, pen, id);
  if (pen === 0 || known?.dataType) return known;
  const said = findAnnounced(pen, id);
  if (!said) return known;
  const { dataType, name } = said;
  return known
    ? { ...known, dataType }
    : { pen, id, name: name && `${pen}.${name}`, dataType, semantics: '' };
};
