import type { Finding } from '../../src/payments/payment.ts';
import type { Step } from './model-explore.ts';
import { append, hasOutcome, withHandler } from './model-moves.ts';
import { type Rules, standing, toHistory } from './model-rules.ts';
import { type IssuerWord, letterOf, type ModelState, type Worker, withLetter } from './model-state.ts';

const idle: Worker = { at: 'idle' };

/** A process that handles the sender's request: it may die between any two of its steps. */
export function handlerSteps(state: ModelState, slot: number, rules: Rules): readonly Step<ModelState>[] {
  const worker = state.handlers[slot] ?? idle;
  const put = (name: string, next: Worker, from = state) => ({
    name: `handler: ${name}`,
    next: withHandler(from, slot, next),
  });
  const crash = put('crash', idle);
  switch (worker.at) {
    case 'idle':
      return [];
    case 'planned':
      return [...openingSteps(state, worker, { rules, put }), crash];
    case 'opened': {
      const sent = { ...state, isAuthorizationSent: true };
      const notSent = learnt(worker.seen, 'not_sent', 'authorize');
      return [
        put('authorization sent', { at: 'asking', seen: worker.seen, reply: undefined }, sent),
        put('authorization not sent', notSent, rules.isNotSentTrue ? state : sent),
        crash,
      ];
    }
    case 'asking': {
      const { seen, reply } = worker;
      const found = findingOf(reply, { approved: 'approved', declined: 'declined' }, 'silent');
      const heard = reply === undefined ? [] : [put(`hears ${found}`, learnt(seen, found, 'authorize'))];
      return [...heard, put('deadline', learnt(seen, 'silent', 'authorize')), crash];
    }
    case 'inquiring':
      return [...inquirySteps(worker).map(({ name, next }) => put(name, next)), crash];
    case 'learnt': {
      const early = rules.answersAfterCommit ? [] : [answerEarly(state, worker, rules)];
      return [concluded(state, worker, { rules, put }), ...early, crash];
    }
    case 'owing':
      return [put('reversal written', answering(worker.seen), { ...state, reversal: 'waiting' }), crash];
    case 'answering':
      return [put('answers', idle, answered(state, worker.seen, rules)), crash];
    default:
      return worker satisfies never;
  }
}

/** The sweeper: any process, at any time, for a payment without outcome. */
export function sweeperSteps(state: ModelState, rules: Rules): readonly Step<ModelState>[] {
  const { sweeper } = state;
  const put = (name: string, next: Worker, from = state) => ({
    name: `sweeper: ${name}`,
    next: { ...from, sweeper: next },
  });
  const crash = put('crash', idle);
  switch (sweeper.at) {
    case 'idle': {
      const isOpen = state.openings > 0 && !hasOutcome(state) && !state.isBelowWatermark;
      const inquiring = { at: 'inquiring', seen: state.events.length, reply: undefined } as const;
      return isOpen ? [put('takes it up', inquiring)] : [];
    }
    case 'inquiring':
      return [...inquirySteps(sweeper).map(({ name, next }) => put(name, next)), crash];
    case 'learnt': {
      const { name, next } = concluded(state, sweeper, { rules, put });
      const isEnded = hasOutcome(next) || !rules.countsOutcomesOnly;
      const rest = next.sweeper.at === 'owing' ? next.sweeper : idle;
      return [{ name, next: { ...next, sweeper: rest, isBelowWatermark: isEnded } }, crash];
    }
    case 'owing':
      return [put('reversal written', idle, { ...state, reversal: 'waiting' }), crash];
    default:
      return [];
  }
}

type Put = (name: string, next: Worker, from?: ModelState) => Step<ModelState>;
type Learnt = Extract<Worker, { at: 'learnt' }>;

/** First commit. Time may pass before it, and the sweeper's watermark with it. */
function openingSteps(
  state: ModelState,
  planned: Extract<Worker, { at: 'planned' }>,
  { rules, put }: { readonly rules: Rules; readonly put: Put },
): readonly Step<ModelState>[] {
  const { attempt, isOld } = planned;
  const ageing = isOld ? [] : [put('is held up until sweeps have passed', { ...planned, isOld: true })];
  if (isOld && rules.refusesOldOpenings) {
    return [put('opening refused as too old', idle)];
  }
  const isKnown = state.recorded !== 0 && (rules.isKeyUnique || attempt === state.recorded);
  if (isKnown) {
    const outcome = rules.atFirstOutcome(toHistory(state.events));
    const answer = attempt === state.recorded || outcome === undefined ? 'refused' : 'answered as before';
    const next = answer === 'refused' ? state : answered(state, state.events.length, rules);
    return [...ageing, put(`known request ${answer}`, idle, next)];
  }
  const recorded: ModelState = {
    ...state,
    recorded: attempt,
    openings: state.openings + 1,
    isBelowWatermark: isOld,
  };
  const overCap: ModelState = { ...recorded, events: ['declined'] };
  return [
    ...ageing,
    put('opens', { at: 'opened', seen: 0 }, { ...recorded, reservation: 'pending' }),
    put('opens declined over the cap', answering(1), overCap),
  ];
}

function inquirySteps(worker: Extract<Worker, { at: 'inquiring' }>): readonly Step<Worker>[] {
  const { seen, reply } = worker;
  const found = findingOf(reply, { approved: 'found_approved', declined: 'found_declined' }, 'found_nothing');
  const given = { name: 'gives up inquiring', next: learnt(seen, 'found_nothing', 'inquire') };
  return reply === undefined
    ? [given]
    : [given, { name: `hears ${found}`, next: learnt(seen, found, 'inquire') }];
}

function findingOf(
  reply: IssuerWord | undefined,
  findings: Partial<Record<IssuerWord, Finding>>,
  otherwise: Finding,
): Finding {
  return (reply === undefined ? undefined : findings[reply]) ?? otherwise;
}

/** Second commit: the event at the sequence this process has seen, its transfer and its notifications. */
function concluded(
  state: ModelState,
  { seen, finding, round }: Learnt,
  { rules, put }: { readonly rules: Rules; readonly put: Put },
): Step<ModelState> {
  const decision = rules.decide(standing(state.events, seen), finding, undefined);
  const isOvertaken = rules.isSequenceUnique && state.events.length > seen;
  if (decision === undefined || isOvertaken) {
    const known = state.events.length;
    return put(`${finding} comes too late`, afterwards(state, known, round));
  }
  const stored = append(moved(state, decision.transfer), decision, rules);
  const owes = decision.isReversalDue && stored.reversal === 'none' && !rules.isReversalInCommit;
  const next: Worker = owes ? { at: 'owing', seen: seen + 1 } : afterwards(stored, seen + 1, round);
  return put(`stores ${finding}`, next, stored);
}

function afterwards(state: ModelState, seen: number, round: Learnt['round']): Worker {
  const isOpen = standing(state.events, seen) === 'unknown' && round === 'authorize';
  return isOpen ? { at: 'inquiring', seen, reply: undefined } : answering(seen);
}

/** What the ledger does with the reservation; it may never be asked to end one twice. */
function moved(state: ModelState, transfer: 'none' | 'post' | 'void' | 'turn_back'): ModelState {
  if (transfer === 'none') {
    return state;
  }
  if (state.reservation !== 'pending') {
    return { ...state, fault: `${transfer} of a reservation that is ${state.reservation}` };
  }
  return { ...state, reservation: transfer === 'post' ? 'posted' : 'voided' };
}

function answered(state: ModelState, seen: number, rules: Rules): ModelState {
  const history = toHistory(state.events, seen);
  const outcome = rules.atFirstOutcome(history) ?? history;
  const letter = letterOf(outcome.events.at(-1)?.state ?? 'authorizing');
  return { ...state, answers: withLetter(state.answers, letter) };
}

function answerEarly(state: ModelState, { seen, finding }: Learnt, rules: Rules): Step<ModelState> {
  const decision = rules.decide(standing(state.events, seen), finding, undefined);
  const isOutcome = decision !== undefined && decision.state !== 'unknown';
  const answers = isOutcome ? withLetter(state.answers, letterOf(decision.state)) : state.answers;
  return { name: 'handler: answers before the commit', next: { ...state, answers } };
}

function learnt(seen: number, finding: Finding, round: Learnt['round']): Worker {
  return { at: 'learnt', seen, finding, round };
}

function answering(seen: number): Worker {
  return { at: 'answering', seen };
}
