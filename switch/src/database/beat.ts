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
  /** Notes what was begun in a rest and is soon over; the work may wait for it before it goes on. */
  along(begun: Promise<unknown>): void;
  /** Resolves when all that was noted is over, 5 ms later at the latest; `undefined` without any. */
  settled(): Promise<void> | undefined;
}

/** Nothing begun in a rest holds the work up for longer. */
const settledWithinMs = 5;

/** A beat of one worker; work that overlaps counts until the last of it ends. */
export function createBeat(): Beat {
  let atWork = 0;
  let waiting: (() => void)[] = [];
  const begunNow = new Set<Promise<unknown>>();
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
    along(begun) {
      begunNow.add(begun);
      const forget = () => begunNow.delete(begun);
      begun.then(forget, forget);
    },
    settled() {
      if (begunNow.size === 0) {
        return undefined;
      }
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          // What hangs is waited for once.
          begunNow.clear();
          resolve();
        }, settledWithinMs);
        void Promise.allSettled(begunNow).then(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    },
  };
}
