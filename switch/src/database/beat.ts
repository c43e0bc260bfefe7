/**
 * The rhythm of one kind of work that others fall in with: small queries and deliveries that wait for its
 * next rest travel together with what has gathered meanwhile. While the work rests nobody waits, so an idle
 * switch answers at once.
 */
export interface Beat {
  /**
   * Runs the work that sets the rhythm. It rests when it ends, or before, when it calls `rest`: from then on
   * it only waits itself, as for the disk.
   */
  during<Result>(work: (rest: () => void) => Promise<Result>): Promise<Result>;
  /** Resolves when the work under way rests; at once when there is none. */
  rest(): Promise<void>;
}

/** A beat of one worker; work that overlaps counts until the last of it ends. */
export function createBeat(): Beat {
  let atWork = 0;
  let waiting: (() => void)[] = [];
  return {
    async during(work) {
      atWork += 1;
      let resting = false;
      const rest = () => {
        if (!resting) {
          resting = true;
          atWork -= 1;
          const woken = waiting;
          waiting = [];
          for (const wake of woken) {
            wake();
          }
        }
      };
      try {
        return await work(rest);
      } finally {
        rest();
      }
    },
    rest: () => (atWork === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}
