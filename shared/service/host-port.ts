/** `HOST:PORT` as options have it: `192.0.2.1:2055`, `[2001:db8::1]:2055`, `localhost:8080`, `:2055` (all addresses). */

export interface HostPort {
  /** Without brackets; empty for all addresses. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** Undefined when the text is not of this form, or the port above 65535. */
export const parseHostPort = (text: string): HostPort | undefined => {
  const match = /^(?:\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|([\w.-]*)|(\*)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const port = Number(match[4]);
  return port > 65535 ? undefined : { host: match[1] ?? match[2] ?? '', port };
};

export const formatHostPort = (host: string, port: number): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;
