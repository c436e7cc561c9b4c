/**
 * Information Elements of our own: what IANA and the vendors have no element for. The exporter sends them under `--pen` and announces
 * them (RFC 5610); the collector knows them by the names that were announced, whatever the enterprise number is.
 */

import type { AbstractType } from './abstract-types.ts';

export interface OwnElement {
  /** Number under our enterprise number: never used for something else. */
  readonly id: number;
  readonly name: string;
  readonly dataType: AbstractType;
  readonly semantics: 'default' | 'totalCounter' | 'identifier';
  readonly description: string;
}

const element = <Name extends string>(
  id: number,
  name: Name,
  dataType: AbstractType,
  semantics: OwnElement['semantics'],
  description: string,
) => ({ id, name, dataType, semantics, description });

// biome-ignore format: a table is read by its rows
export const ownElements = [
  element(1, 'exporterVersion', 'string', 'default', 'version of the exporter'),
  element(2, 'eventOverrunTotalCount', 'unsigned64', 'totalCounter', 'times that the kernel dropped events'),
  element(3, 'resynchronisationTotalCount', 'unsigned64', 'totalCounter', 'dumps taken after dropped events'),
  element(10, 'sourceProcessGroupId', 'unsigned32', 'identifier', 'group id of the process at the source; 4294967295: not known'),
  element(11, 'sourceProcessCgroup', 'string', 'default', 'control group of the socket at the source, as a path: its service'),
  element(12, 'sourceProcessCgroupId', 'unsigned64', 'identifier', 'number of that control group'),
  element(13, 'sourceProcessQuality', 'unsigned8', 'identifier', '1 user id only, 2 control group too, 3 exact, 4 cached'),
  element(20, 'destinationProcessGroupId', 'unsigned32', 'identifier', 'group id of the process at the destination; 4294967295: not known'),
  element(21, 'destinationProcessCgroup', 'string', 'default', 'control group of the socket at the destination, as a path: its service'),
  element(22, 'destinationProcessCgroupId', 'unsigned64', 'identifier', 'number of that control group'),
  element(23, 'destinationProcessQuality', 'unsigned8', 'identifier', '1 user id only, 2 control group too, 3 exact, 4 cached'),
  element(30, 'proxyRequestId', 'string', 'default', 'the request that a proxy passed on'),
  element(31, 'proxySessionId', 'string', 'default', 'the session that the request belongs to'),
  element(32, 'proxyMapping', 'string', 'default', 'the rule of the proxy that the request followed'),
  element(33, 'proxyClientIPv4Address', 'ipv4Address', 'default', 'the client as the proxy knows it, behind another proxy perhaps'),
  element(34, 'proxyClientIPv6Address', 'ipv6Address', 'default', 'the client as the proxy knows it, behind another proxy perhaps'),
  element(35, 'proxyHost', 'string', 'default', 'the host that wrote the trace'),
] as const satisfies readonly OwnElement[];

export type OwnElementName = (typeof ownElements)[number]['name'];
