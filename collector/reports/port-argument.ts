/** A port as people type it. */

import { servicePorts } from '../filter/service-ports.ts';

export const acceptedPorts = '1 to 65535, or a name such as https or postgresql';

/** `443` or `https`; undefined: it is no port. */
export const parsePort = (text: string): number | undefined => {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : servicePorts.get(text.toLowerCase());
  return port !== undefined && port >= 1 && port <= 65535 ? port : undefined;
};
