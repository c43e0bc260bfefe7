import { ParticipantSilence } from './line.ts';

/** Sends when it is its turn; what is left of the deadline goes along. */
export type TakeTurn = <Word>(send: (leftMs: number) => Promise<Word>, deadlineMs: number) => Promise<Word>;

/** A question waits for its turn at most this part of its deadline. */
const waitShare = 4;

/**
 * Lets so many go at once and so many wait, first come first served.
 *
 * @throws {ParticipantSilence} `not_sent`, when there is no room or no turn in time: nothing has left
 */
export function createTurns(room: { readonly atOnceMax: number; readonly waitingMax: number }): TakeTurn {
  let atWork = 0;
  const waiting = new Set<() => void>();

  function waitForTurn(waitMs: number): Promise<void> {
    if (waiting.size >= room.waitingMax) {
      throw new ParticipantSilence('not_sent');
    }
    return new Promise((resolve, reject) => {
      const start = () => {
        clearTimeout(timer);
        waiting.delete(start);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.delete(start);
        reject(new ParticipantSilence('not_sent'));
      }, waitMs);
      waiting.add(start);
    });
  }

  /** Hands the place on to who waits longest. */
  function passOn(): void {
    const [next] = waiting;
    if (next === undefined) {
      atWork -= 1;
    } else {
      next();
    }
  }

  return async (send, deadlineMs) => {
    let leftMs = deadlineMs;
    if (atWork < room.atOnceMax) {
      atWork += 1;
    } else {
      const startedAt = performance.now();
      await waitForTurn(deadlineMs / waitShare);
      leftMs = Math.max(1, deadlineMs - (performance.now() - startedAt));
    }
    try {
      return await send(leftMs);
    } finally {
      passOn();
    }
  };
}
