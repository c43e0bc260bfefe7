import type { Explored } from './model-explore.ts';
import { hasOutcome } from './model-moves.ts';
import { type Rules, standing } from './model-rules.ts';
import { letterOf, type ModelState } from './model-state.ts';

/** What must hold in every state. */
export function wrongIn(state: ModelState, rules: Rules): string | undefined {
  return wrongWithMoney(state) ?? wrongWithWords(state) ?? wrongWithIssuer(state, rules);
}

/** Conservation: the reservation is there while the outcome is open, then posted or voided, once. */
function wrongWithMoney(state: ModelState): string | undefined {
  const { openings, events, reservation, isTurnedBack, fault } = state;
  if (fault !== '') {
    return fault;
  }
  if (openings > 1) {
    return 'one wish opened two payments';
  }
  if (openings === 0 || (events[0] === 'declined' && reservation === 'none')) {
    return undefined;
  }
  const left = isTurnedBack ? 'turned back' : reservation;
  const due: Readonly<Record<string, string>> = { captured: 'posted', declined: 'voided' };
  const now = standing(events);
  const isUndone = now === 'reversed' && (left === 'voided' || left === 'turned back');
  const isRight = isUndone || left === (due[now] ?? (now === 'reversed' ? '' : 'pending'));
  return isRight ? undefined : `the payment is ${now} and its amount ${left}`;
}

/** One outcome everywhere: the sender is told the first, the other party each of them. */
function wrongWithWords({ events, answers, told, reservation }: ModelState): string | undefined {
  const outcomes = events.filter((event) => event !== 'unknown').map(letterOf);
  if (answers !== '' && answers !== outcomes[0]) {
    return `the sender was told ${answers} of a payment that went ${outcomes.join(', ')}`;
  }
  // A payment declined at its opening has one reader only: the sender.
  const isDeclinedAtOnce = events[0] === 'declined' && reservation === 'none' && told === '';
  const due = [...new Set(outcomes)].sort().join('');
  return told === due || isDeclinedAtOnce ? undefined : `the other party hears ${told} of ${due}`;
}

/** Once nothing is on its way to the issuer, it has booked exactly what is captured. */
function wrongWithIssuer(state: ModelState, rules: Rules): string | undefined {
  const isOwing = [...state.handlers, state.sweeper].some(({ at }) => at === 'owing');
  if (!hasOutcome(state) || state.reversal === 'waiting' || (isOwing && !rules.isReversalInCommit)) {
    return undefined;
  }
  const isCaptured = standing(state.events) === 'captured';
  if (state.isBooked === isCaptured) {
    return undefined;
  }
  return `the payment is ${standing(state.events)} and the issuer has ${state.isBooked ? '' : 'not '}booked it`;
}

/**
 * No state without exit: the switch alone ends every payment, with an issuer that answers and with a dead
 * one.
 */
export function findDeadEnds(explored: Explored<ModelState>): readonly string[] {
  const isEnded = (state: ModelState) => state.openings === 0 || hasOutcome(state);
  const isQuiet = (state: ModelState) => isEnded(state) && state.reversal !== 'waiting';
  const answered = explored.stuck(
    isQuiet,
    (name) => /^(sweeper|issuer|outbox)/.test(name) && !/gives up/.test(name),
  );
  const silent = explored.stuck(isEnded, (name) => /^sweeper/.test(name));
  const first = answered[0] ?? silent[0];
  if (first === undefined) {
    return [];
  }
  const whose = answered.length > 0 ? 'although the issuer answers' : 'when the issuer is silent';
  return [`no exit ${whose} after:`, ...explored.traceTo(first)];
}
