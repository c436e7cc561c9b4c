/** Traces for people: each with its two connections below it, and below these who saw them. */

import { formatClock } from '../../shared/service/format-time.ts';
import { formatHostPort } from '../../shared/service/host-port.ts';
import { shownAddress } from '../../shared/wire/address.ts';
import { formatReportTable } from '../ask/format-report.ts';
import { protocolName } from '../ask/protocol-name.ts';
import type { DrawStyle, Row } from '../ask/report.ts';
import { escapeCell } from '../ask/text-table.ts';
import { sightingColumns } from './trace-rows.ts';

const indent = '  ';
/** With more traces than this, filters for programs are not for reading: they are in the columns. */
export const maxTracesWithFilters = 3;

const bold = (text: string, { color }: DrawStyle): string => (color ? `\u001b[1m${text}\u001b[0m` : text);
const groupBy = (rows: readonly Row[], name: string): Row[][] => {
  const groups = new Map<unknown, Row[]>();
  for (const row of rows) {
    const group = groups.get(row[name]);
    if (group) group.push(row);
    else groups.set(row[name], [row]);
  }
  return [...groups.values()];
};

const end = (row: Row, side: 'src' | 'dst'): string =>
  formatHostPort(shownAddress(String(row[`${side}_addr`])), Number(row[`${side}_port`]));

const indented = (text: string, by: string): string =>
  text
    .split('\n')
    .map((line) => (line === '' ? '' : `${by}${line}`))
    .join('\n');

const drawConnection = (
  rows: readonly Row[],
  width: number,
  style: DrawStyle,
  withFilters: boolean,
): string => {
  const [row = {}] = rows;
  const requests = Number(row.requests) > 1 ? `, ${row.requests} requests` : '';
  const title = `${String(row.side).padEnd(5)}  ${end(row, 'src')} > ${end(row, 'dst')}  ${protocolName(Number(row.proto))}${requests}`;
  const by = indent + indent;
  const seen = rows.some(({ exporter }) => exporter !== null)
    ? indented(formatReportTable(sightingColumns, rows, width - by.length, style), by)
    : `${by}no exporter told of it\n`;
  const filters = withFilters
    ? `${by}Wireshark: ${row.display_filter}\n${by}tcpdump:   ${row.capture_filter}\n`
    : '';
  return `${indent}${bold(title, style)}\n${seen}${filters}`;
};

const facts = [
  ['session', 'session_id'],
  ['mapping', 'mapping'],
  ['host', 'host'],
  ['client', 'client'],
] as const;

const drawTrace = (rows: readonly Row[], width: number, style: DrawStyle, withFilters: boolean): string => {
  const [row = {}] = rows;
  const request = row.request_id === '' ? 'request without an id' : `request ${row.request_id}`;
  const title = escapeCell(`${formatClock(Number(row.time), style.zone)}  ${request}`);
  const said = facts.flatMap(([name, column]) =>
    row[column] ? [`${name} ${shownAddress(String(row[column]))}`] : [],
  );
  const line = said.map(escapeCell).join(', ');
  const lines = indent.length + line.length > width ? said.map(escapeCell) : [line];
  const about = said.length === 0 ? '' : lines.map((text) => `${indent}${text}\n`).join('');
  const connections = groupBy(rows, 'side').map((side) => drawConnection(side, width, style, withFilters));
  return `${bold(title, style)}\n${about}${connections.join('')}`;
};

export const drawTraces = (rows: readonly Row[], width: number, style: DrawStyle): string => {
  const traces = groupBy(rows, 'trace');
  const withFilters = traces.length <= maxTracesWithFilters;
  return traces
    .map((trace) => drawTrace(trace, width, style, withFilters))
    .join('\n')
    .trimEnd();
};
