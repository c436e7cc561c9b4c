/** Standard output, whose reader may be slow or gone. */

import type { Writable } from 'node:stream';

/** `process.stdout`, or a stream in its place. */
export interface Output extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** The reader has seen enough (`| head`): the command ends, and that is no error. */
export class OutputClosed extends Error {}

/** Writes with back-pressure. Throws OutputClosed. */
export const writeOutput = async (out: Output, text: string | Buffer): Promise<void> => {
  if (out.destroyed || out.writableEnded) throw new OutputClosed();
  if (out.write(text)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      for (const event of ['drain', 'close', 'error']) out.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) out.on(event, done);
  });
};
