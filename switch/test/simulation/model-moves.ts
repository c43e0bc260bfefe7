import type { Decision, PaymentEvent } from '../../src/payments/payment.ts';
import { type Rules, toHistory } from './model-rules.ts';
import { letterOf, type ModelState, type Worker, withLetter } from './model-state.ts';

/** Stores an event with what its outcome writes to the outbox. */
export function append(state: ModelState, decision: Decision, rules: Rules): ModelState {
  const events: readonly PaymentEvent['state'][] = [...state.events, decision.state];
  const written = rules.notificationsOf(toHistory(events), decision);
  const isReversalWritten = written.hasReversal && rules.isReversalInCommit;
  return {
    ...state,
    events,
    told: written.tells ? withLetter(state.told, letterOf(decision.state)) : state.told,
    reversal: isReversalWritten && state.reversal === 'none' ? 'waiting' : state.reversal,
  };
}

/** The same state with one of its handlers elsewhere. */
export function withHandler(state: ModelState, slot: number, worker: Worker): ModelState {
  const [one, other] = state.handlers;
  return { ...state, handlers: slot === 0 ? [worker, other] : [one, worker] };
}

/** True once the payment has one of its outcomes. */
export function hasOutcome({ events }: ModelState): boolean {
  return events.some((event) => event !== 'unknown');
}
