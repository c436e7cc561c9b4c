import type { Template } from '../../shared/protocol/template.ts';

/** A Template and what was compiled from it. `plan` belongs to the sink, which fills it when the first Data Set comes. */
export interface TemplateEntry {
  readonly template: Template;
  /** Has elements that an exporter may tell of (RFC 5610): what they are may change. */
  readonly hasEnterprise: boolean;
  lastUsedMicros: number;
  plan: unknown;
  /** What `elementChanges` of the domain was when the plan was last found to be right. */
  plannedAt: number;
  /** How many tables have it (sessions of several ports, `newest`); with the last one its memory goes. */
  holders: number;
}

/** One that no table has yet. */
export const makeTemplateEntry = (template: Template, lastUsedMicros: number): TemplateEntry => ({
  template,
  hasEnterprise: template.fields.some(({ pen }) => pen !== 0),
  lastUsedMicros,
  plan: undefined,
  plannedAt: 0,
  holders: 0,
});
