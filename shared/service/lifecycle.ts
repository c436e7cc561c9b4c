/** From the first signal to the exit: what was started is stopped in the opposite order, and an end is promised. */

export type StopSignal = 'SIGINT' | 'SIGTERM';

/** What is needed of `process`. */
export interface SignalSource {
  on(event: StopSignal, listener: (signal: StopSignal) => void): unknown;
  off(event: StopSignal, listener: (signal: StopSignal) => void): unknown;
  exit(code: number): void;
}

export interface LifecycleOptions {
  readonly process: SignalSource;
  /** All steps together may take this long. */
  readonly deadlineMs: number;
  /** Calls back after so many milliseconds, unless the function that it returned was called. */
  readonly after: (milliseconds: number, callback: () => void) => () => void;
  /** What is to be said: a signal came, a step failed, the deadline passed. */
  readonly report: (message: string) => void;
}

interface Step {
  readonly name: string;
  readonly stop: () => void | Promise<void>;
}

/** As a shell says it: 128 and the number of the signal. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #steps: Step[] = [];
  #stopping: Promise<void> | undefined;
  #failed = false;
  readonly #onSignal = (signal: StopSignal): void => {
    if (this.#stopping === undefined) {
      this.#options.report(`${signal}: stopping; a second one ends at once`);
      void this.stop(0);
    } else {
      this.#options.report(`${signal} again: ending at once`);
      this.#options.process.exit(exitCodes[signal]);
    }
  };

  constructor(options: LifecycleOptions) {
    this.#options = options;
    options.process.on('SIGINT', this.#onSignal);
    options.process.on('SIGTERM', this.#onSignal);
  }

  get stopping(): boolean {
    return this.#stopping !== undefined;
  }

  /** Says how to stop what was just started; the last one is stopped first. */
  onStop(name: string, stop: () => void | Promise<void>): void {
    this.#steps.push({ name, stop });
  }

  /**
   * Stops everything and exits with `exitCode`, or with 1 when a step failed or the deadline passed. A step that fails does not
   * keep the others from running. Further calls wait for the first.
   */
  stop(exitCode: number): Promise<void> {
    this.#stopping ??= this.#stop(exitCode);
    return this.#stopping;
  }

  async #stop(exitCode: number): Promise<void> {
    const { process, deadlineMs, after, report } = this.#options;
    let current = '';
    const cancel = after(deadlineMs, () => {
      report(`could not stop within ${deadlineMs} ms: ${current} is not done`);
      process.exit(1);
    });
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      current = step.name;
      try {
        await step.stop();
      } catch (error) {
        this.#failed = true;
        report(`${step.name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    cancel();
    process.off('SIGINT', this.#onSignal);
    process.off('SIGTERM', this.#onSignal);
    process.exit(this.#failed && exitCode === 0 ? 1 : exitCode);
  }
}
