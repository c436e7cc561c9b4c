/** What a datagram says of itself: its Message Header, and which Sets it has. It needs no Template for that. */

import { ipfixHeaderBytes, readIpfixHeader } from '../../shared/protocol/ipfix.ts';
import { netflow5HeaderBytes, readNetflow5Header } from '../../shared/protocol/netflow5.ts';
import { netflow9HeaderBytes, readNetflow9Header } from '../../shared/protocol/netflow9.ts';
import { firstDataSetId, forEachSet, setIds } from '../../shared/protocol/sets.ts';
import { readTemplateSet } from '../../shared/protocol/template-records.ts';
import { FormatError, type FormatErrorCode } from '../../shared/wire/format-error.ts';

export interface MessageOutline {
  /** The first two octets; 0 when there are fewer. */
  readonly version: number;
  /** Undefined when the header is cut off, or of a version that we do not know. */
  readonly domain: number | undefined;
  readonly sequence: number | undefined;
  /** Of NetFlow v5, which has no Sets. */
  readonly records: number | undefined;
  /** Ids of the Templates that are declared or withdrawn, in order. */
  readonly templates: readonly number[];
  readonly optionsTemplates: readonly number[];
  /** Ids of the Data Sets, in order. */
  readonly dataSets: readonly number[];
  /** The first thing that is wrong with it. */
  readonly problem: FormatErrorCode | undefined;
}

interface Sets {
  readonly templates: number[];
  readonly optionsTemplates: number[];
  readonly dataSets: number[];
  problem: FormatErrorCode | undefined;
}

const readSets = (
  view: DataView,
  version: 9 | 10,
  at: number,
  end: number,
  limit: number,
  sets: Sets,
): void => {
  const refused = (_id: number, error: FormatError): void => {
    sets.problem ??= error.code;
  };
  const { template, optionsTemplate } = setIds[version];
  try {
    forEachSet(view, at, end, limit, (setId, setAt, setEnd) => {
      if (setId === template || setId === optionsTemplate) {
        const ids = setId === template ? sets.templates : sets.optionsTemplates;
        readTemplateSet(view, version, setId, setAt, setEnd, ({ id }) => ids.push(id), refused);
      } else if (setId >= firstDataSetId) sets.dataSets.push(setId);
      else sets.problem ??= 'reserved-set';
    });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    sets.problem ??= error.code;
  }
};

/** Outlines the datagram in `[at, end)`; never throws for what a peer sent. */
export const outlineMessage = (view: DataView, at: number, end: number): MessageOutline => {
  const held = end - at;
  const version = held >= 2 ? view.getUint16(at) : 0;
  const sets: Sets = { templates: [], optionsTemplates: [], dataSets: [], problem: undefined };
  const none = { version, domain: undefined, sequence: undefined, records: undefined, ...sets };
  const headerBytes = { 5: netflow5HeaderBytes, 9: netflow9HeaderBytes, 10: ipfixHeaderBytes }[version];
  if (headerBytes === undefined && held >= 2) return { ...none, problem: 'unknown-version' };
  if (headerBytes === undefined || held < headerBytes) return { ...none, problem: 'truncated-header' };
  if (version === 5) {
    const { domain, sequence, count } = readNetflow5Header(view, at);
    return { ...none, domain, sequence, records: count };
  }
  if (version === 9) {
    const { domain, sequence } = readNetflow9Header(view, at);
    readSets(view, 9, at + headerBytes, end, end, sets);
    return { ...none, ...sets, domain, sequence };
  }
  const { domain, sequence, lengthBytes } = readIpfixHeader(view, at);
  if (lengthBytes !== held) sets.problem = 'message-length';
  readSets(view, 10, at + headerBytes, Math.min(end, at + lengthBytes), end, sets);
  return { ...none, ...sets, domain, sequence };
};
