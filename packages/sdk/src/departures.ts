/** When a sender's messages leave: what comes in quick succession leaves together (spec/messages.md 6.6). */
export interface Departures {
  /**
   * Resolves when a message may be signed and leave: at once when nothing left shortly before, else together
   * with all that wait.
   */
  turn(): Promise<void>;
  /** Notes how long an answer took, in milliseconds; how far departures are apart follows from it. */
  note(tookMs: number): void;
}

/** What departures tell the time by; the process's own when absent. */
export interface DepartureClock {
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number;
  /** Runs it after so long; 0 is after what is due now. */
  readonly later: (work: () => void, afterMs: number) => unknown;
}

/**
 * A message waits for no more than this part of what an answer takes. The more a switch has to do, the longer
 * an answer takes and the more travels together, which costs both sides less a message.
 */
const answersShare = 0.75;
const spacingMsLeast = 3;
const spacingMsMost = 40;
/** How much the latest answer weighs in the average. */
const latestShare = 1 / 16;

const processClock: DepartureClock = {
  monotonicMs: () => performance.now(),
  later(work, afterMs) {
    const { setImmediate: soon = queueMicrotask } = globalThis as {
      setImmediate?: (work: () => void) => void;
    };
    if (afterMs > 0) {
      setTimeout(work, afterMs);
    } else {
      soon(work);
    }
  },
};

/** The departures of one client to one switch. */
export function createDepartures(clock: DepartureClock = processClock): Departures {
  let waiting: (() => void)[] = [];
  let leftAtMs = Number.NEGATIVE_INFINITY;
  let answerMs = 0;

  function leave(): void {
    leftAtMs = clock.monotonicMs();
    const leaving = waiting;
    waiting = [];
    for (const go of leaving) {
      go();
    }
  }

  return {
    turn() {
      return new Promise((resolve) => {
        waiting.push(resolve);
        if (waiting.length === 1) {
          const spacingMs = Math.min(spacingMsMost, Math.max(spacingMsLeast, answerMs * answersShare));
          const restMs = leftAtMs + spacingMs - clock.monotonicMs();
          // What comes in the same turn of the event loop leaves together in any case.
          clock.later(leave, Math.max(0, Math.ceil(restMs)));
        }
      });
    },
    note(tookMs) {
      answerMs += (tookMs - answerMs) * latestShare;
    },
  };
}
