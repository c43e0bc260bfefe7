import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  circuitBreaker,
  handleType,
  SamplingBreaker,
} from 'cockatiel';
import { type ParticipantLine, ParticipantSilence } from './line.ts';
import { createTurns, type TakeTurn } from './turns-service.ts';

/** A line on which one slow or dead participant cannot hold more than its share (spec/guards.md 4). */
export interface GuardedLine extends ParticipantLine {
  /** Participants whom nothing new is asked, because they do not answer. */
  readonly paused: number;
}

/** How much one participant may hold. */
export interface GuardOptions {
  /** Questions at once; above it they wait. */
  readonly atOnceMax?: number;
  /** Questions that wait; above it they are not asked. */
  readonly waitingMax?: number;
  /** How long a participant that does not answer is left alone before one question tries it. */
  readonly pauseMs?: number;
}

/** Questions that begin something; all others end something, and are always asked. */
const beginnings = new Set(['/authorizations', '/token-approvals']);
/** Of so many questions a second over so long, more than this part without a word: it is paused. */
const sampling = { threshold: 0.5, duration: 10_000, minimumRps: 5 };

interface Guard {
  readonly breaker: CircuitBreakerPolicy;
  readonly begin: TakeTurn;
  readonly end: TakeTurn;
  pausedAt: number;
}

/**
 * Wraps a line. What is not sent is known as `not_sent`: the participant knows nothing of it, so a payment is
 * declined at once and nothing has to be undone.
 */
export function createGuardedLine(line: ParticipantLine, options: GuardOptions = {}): GuardedLine {
  const { atOnceMax = 96, waitingMax = 384, pauseMs = 3000 } = options;
  const guards = new Map<string, Guard>();
  let paused = 0;

  function createGuard(): Guard {
    const breaker = circuitBreaker(handleType(ParticipantSilence), {
      halfOpenAfter: pauseMs,
      breaker: new SamplingBreaker(sampling),
    });
    const guard = {
      breaker,
      begin: createTurns({ atOnceMax, waitingMax }),
      end: createTurns({ atOnceMax: Math.ceil(atOnceMax / 3), waitingMax }),
      pausedAt: 0,
    };
    breaker.onBreak(() => {
      guard.pausedAt = performance.now();
      paused += 1;
    });
    breaker.onHalfOpen(() => {
      paused -= 1;
    });
    return guard;
  }

  function guardOf(participantId: string): Guard {
    const known = guards.get(participantId);
    if (known !== undefined) {
      return known;
    }
    const guard = createGuard();
    guards.set(participantId, guard);
    return guard;
  }

  /** One question tries a paused participant; the others do not wait for what becomes of it. */
  function isPaused({ breaker, pausedAt }: Guard): boolean {
    const { state } = breaker;
    const isOver = performance.now() - pausedAt >= pauseMs;
    return state === CircuitState.HalfOpen || (state === CircuitState.Open && !isOver);
  }

  return {
    async post(participant, path, message, { deadlineMs }) {
      const guard = guardOf(participant.id);
      const send = (leftMs: number) => line.post(participant, path, message, { deadlineMs: leftMs });
      if (!beginnings.has(path)) {
        return guard.end(send, deadlineMs);
      }
      if (isPaused(guard)) {
        throw new ParticipantSilence('not_sent');
      }
      try {
        return await guard.begin((leftMs) => guard.breaker.execute(() => send(leftMs)), deadlineMs);
      } catch (error) {
        throw error instanceof BrokenCircuitError
          ? new ParticipantSilence('not_sent', { cause: error })
          : error;
      }
    },
    get paused() {
      return paused;
    },
  };
}
