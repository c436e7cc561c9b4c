import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again until the answer is something, and resolves to it. What is awaited here happens in another process, which tells nobody
 * when it is done. Throws after `withinMs`, naming `what`: so long, because the machine may be busy with something else.
 */
export const until = async <Answer>(
  what: string,
  ask: () => Answer | undefined | false | Promise<Answer | undefined | false>,
  withinMs = 60_000,
): Promise<Answer> => {
  for (const endMs = performance.now() + withinMs; ; await sleep(25)) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > endMs) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
  }
};
