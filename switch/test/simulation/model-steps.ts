import type { Step } from './model-explore.ts';
import { append, withHandler } from './model-moves.ts';
import { handlerSteps, sweeperSteps } from './model-processes.ts';
import { type Rules, standing } from './model-rules.ts';
import type { IssuerWord, ModelState } from './model-state.ts';

/** Requests of the sender: the first and one retry. */
const attemptsMax = 2;

/**
 * Everything that can happen next. Messages are never taken from the wire: what was sent once can arrive at
 * any time and any number of times, or never, which covers loss, duplication, reordering and lateness.
 */
export function stepsFrom(state: ModelState, rules: Rules): readonly Step<ModelState>[] {
  return [
    ...senderSteps(state),
    ...state.handlers.flatMap((_, slot) => handlerSteps(state, slot, rules)),
    ...sweeperSteps(state, rules),
    ...issuerSteps(state, rules),
    ...outboxSteps(state, rules),
    ...acquirerSteps(state, rules),
  ];
}

function senderSteps(state: ModelState): readonly Step<ModelState>[] {
  const steps: Step<ModelState>[] = [];
  if (state.sent < attemptsMax) {
    steps.push({ name: 'sender: asks', next: { ...state, sent: state.sent + 1 } });
  }
  const slot = state.handlers.findIndex(({ at }) => at === 'idle');
  for (let attempt = 1; attempt <= state.sent && slot >= 0; attempt += 1) {
    const planned = { at: 'planned', attempt, isOld: false } as const;
    steps.push({ name: `handler: plans attempt ${attempt}`, next: withHandler(state, slot, planned) });
  }
  return steps;
}

/** The issuer answers what arrives, in any order; its answer may be lost. */
function issuerSteps(state: ModelState, rules: Rules): readonly Step<ModelState>[] {
  const steps: Step<ModelState>[] = [];
  if (state.isAuthorizationSent) {
    for (const decided of authorizedBy(state, rules)) {
      const kept = decided.kept;
      const heard = kept === undefined ? undefined : replyToAsker(decided, kept);
      steps.push({ name: `issuer: authorization, ${kept}, answer lost`, next: decided });
      if (heard !== undefined) {
        steps.push({ name: `issuer: authorization, ${kept}`, next: heard });
      }
    }
  }
  const word = state.kept ?? 'not_found';
  state.handlers.forEach((worker, slot) => {
    if (worker.at === 'inquiring' && worker.reply === undefined) {
      const next = withHandler(state, slot, { ...worker, reply: word });
      steps.push({ name: `issuer: inquiry of a handler, ${word}`, next });
    }
  });
  if (state.sweeper.at === 'inquiring' && state.sweeper.reply === undefined) {
    const next: ModelState = { ...state, sweeper: { ...state.sweeper, reply: word } };
    steps.push({ name: `issuer: inquiry of the sweeper, ${word}`, next });
  }
  if (state.reversal !== 'none') {
    steps.push({ name: 'issuer: reversal', next: reversedBy(state, rules) });
  }
  return steps;
}

/** What an authorization makes of the issuer's book; a second one gets what was kept. */
function authorizedBy(state: ModelState, rules: Rules): readonly ModelState[] {
  if (state.kept !== undefined) {
    return [state];
  }
  const decided: ModelState[] = [
    { ...state, kept: 'approved', isBooked: true },
    { ...state, kept: 'declined' },
  ];
  return rules.issuerBooksOnce ? decided : [...decided, { ...state, isBooked: true }];
}

function reversedBy(state: ModelState, rules: Rules): ModelState {
  const seen = { ...state, isReversalSeen: true };
  if (state.kept === undefined && !rules.issuerKeepsReversals) {
    return seen;
  }
  return { ...seen, kept: 'reversed', isBooked: state.kept === 'approved' ? false : state.isBooked };
}

/** An answer reaches only the process that still waits for it; a late one reaches nobody. */
function replyToAsker(state: ModelState, reply: IssuerWord): ModelState | undefined {
  const slot = state.handlers.findIndex((worker) => worker.at === 'asking' && worker.reply === undefined);
  const asker = state.handlers[slot];
  return asker?.at === 'asking' ? withHandler(state, slot, { ...asker, reply }) : undefined;
}

function outboxSteps(state: ModelState, rules: Rules): readonly Step<ModelState>[] {
  const isDone = state.isReversalSeen || !rules.keepsUntilAcknowledged;
  if (state.reversal !== 'waiting' || !isDone) {
    return [];
  }
  // A row that is gone is sent no more: the issuer sees it now or never.
  const next: ModelState = { ...state, reversal: state.isReversalSeen ? 'acknowledged' : 'none' };
  return [{ name: 'outbox: removes the reversal', next }];
}

/** The acquirer turns a captured purchase back: one transaction under the payment's lock. */
function acquirerSteps(state: ModelState, rules: Rules): readonly Step<ModelState>[] {
  if (state.isReverseAsked || state.openings === 0) {
    return [];
  }
  const asked = { ...state, isReverseAsked: true };
  const decision = rules.decide(standing(state.events), 'reverse', undefined);
  if (decision === undefined) {
    return [{ name: 'acquirer: reverse, refused', next: asked }];
  }
  const isPosted = state.reservation === 'posted' && !state.isTurnedBack;
  const fault = isPosted ? state.fault : 'money that was not captured was turned back';
  const isTurnedBack = rules.turnsMoneyBack;
  return [{ name: 'acquirer: reverse', next: { ...append(asked, decision, rules), isTurnedBack, fault } }];
}
