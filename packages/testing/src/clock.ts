/** A clock that moves only when told to. Hand `clock.now` to the code under test. */
export interface TestClock {
  /** The present instant; a fresh Date each time. */
  readonly now: () => Date;
  /** Moves on by that many milliseconds; negative moves back, as a corrected clock does. */
  advance(durationMs: number): void;
  /** Jumps to an instant. */
  set(instant: Date | string): void;
}

/**
 * Makes a fixed clock.
 *
 * @param start an instant, as a Date or in ISO 8601.
 * @example
 * const clock = createClock('2026-01-05T08:00:00Z');
 * clock.advance(90_000);
 * clock.now().toISOString(); // '2026-01-05T08:01:30.000Z'
 */
export function createClock(start: Date | string): TestClock {
  let timeMs = parseInstant(start);
  return {
    now: () => new Date(timeMs),
    advance: (durationMs) => {
      timeMs += durationMs;
    },
    set: (instant) => {
      timeMs = parseInstant(instant);
    },
  };
}

function parseInstant(instant: Date | string): number {
  const timeMs = new Date(instant).getTime();
  if (Number.isNaN(timeMs)) throw new RangeError(`${instant} is no instant`);
  return timeMs;
}
