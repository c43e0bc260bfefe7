/** Work that is looked after again and again, and now and then at once. */
export interface Rounds {
  start(): void;
  /** A round now, or right after the one at work. */
  soon(): void;
  /** Ends after the round at work. */
  stop(): Promise<void>;
}

const everyMs = 1000;

/** One round at a time; what fails in one is tried in the next. */
export function createRounds(options: {
  /** Done in this order in each round. */
  readonly work: readonly (() => Promise<void>)[];
  readonly onError: (error: unknown) => void;
  /** Runs work again and again; what it gives back ends that. */
  readonly repeat: (work: () => void, everyMs: number) => () => void;
}): Rounds {
  const { work, onError, repeat } = options;
  let running: Promise<void> | undefined;
  let isAskedAgain = false;
  let stopRepeating: (() => void) | undefined;

  async function round(): Promise<void> {
    do {
      isAskedAgain = false;
      for (const part of work) {
        await part().catch(onError);
      }
    } while (isAskedAgain && stopRepeating !== undefined);
  }

  function run(): void {
    running ??= round().finally(() => {
      running = undefined;
    });
  }

  return {
    start() {
      stopRepeating = repeat(run, everyMs);
    },
    soon() {
      if (stopRepeating === undefined) {
        return;
      }
      isAskedAgain = running !== undefined;
      run();
    },
    async stop() {
      stopRepeating?.();
      stopRepeating = undefined;
      await running;
    },
  };
}
