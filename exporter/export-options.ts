/** Settings of the exporting commands: complete, read-only, resolved in cli.ts. */

import type { LogLevel } from '../shared/service/log.ts';
import type { FilterRule } from './meter/filter-rule.ts';
import type { CommandOptions } from './observe/process-describer.ts';

export const printFormats = ['text', 'json', 'log'] as const;
export type PrintFormat = (typeof printFormats)[number];

/** What both sources have: which records, in which form, where to. */
export interface SinkOptions {
  /** `udp://HOST:PORT` each; empty: records are only printed. */
  readonly to: readonly string[];
  readonly failover: boolean;
  readonly protocol: 'ipfix' | 'netflow9';
  readonly domain: number;
  /** Largest IP packet, in octets; undefined: 1500. */
  readonly mtuBytes: number | undefined;
  readonly maxDelayMs: number;
  readonly templateRefreshMs: number;
  readonly templateRefreshMessages: number;
  /** Datagrams per second and destination; 0 is no limit, undefined the source's default. */
  readonly maxRate: number | undefined;
  readonly uniflow: boolean;
  readonly absoluteTimes: boolean;
  /** Undefined: the example number of RFC 5612. */
  readonly pen: number | undefined;
  readonly rules: readonly FilterRule[];
  /** Undefined: off. */
  readonly aggregate: string | undefined;
  readonly print: PrintFormat | undefined;
  /** Template of printed lines; undefined: aligned columns. Only with `print: 'text'`. */
  readonly format: string | undefined;
  /** Of strftime(3), for the times in `format`. */
  readonly timeFormat: string;
  readonly logFormat: 'text' | 'json';
  readonly logLevel: LogLevel;
  readonly version: string;
}

export const connectionEvents = ['new', 'update', 'destroy'] as const;
export type ConnectionEvent = (typeof connectionEvents)[number];

export interface ConntrackOptions extends SinkOptions {
  readonly events: readonly ConnectionEvent[];
  readonly activeSeconds: number;
  readonly natEvents: 'off' | 'session' | 'historic';
  /** False: NAT events only. */
  readonly flows: boolean;
  readonly bufferBytes: number;
  readonly reliable: boolean;
  readonly enable: boolean;
  readonly maxConnections: number;
  /** Undefined: processes are not looked for. */
  readonly processes: CommandOptions | undefined;
}

export const keyFields = ['vlan', 'interface'] as const;
export type KeyField = (typeof keyFields)[number];

export interface PacketOptions extends SinkOptions {
  /** A capture file, `-` for standard input; undefined with `interfaceName`. */
  readonly file: string | undefined;
  readonly interfaceName: string | undefined;
  /** For tcpdump, in its language; empty: all packets. */
  readonly captureFilter: string;
  readonly activeSeconds: number;
  readonly idleSeconds: number;
  readonly maxFlows: number;
  readonly key: readonly KeyField[];
  readonly details: boolean;
  readonly sampling: number;
}
