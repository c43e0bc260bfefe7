import type { PaymentState } from '@barlink/protocol';
import { type Decision, decide, type Finding } from '../../src/payments/payment.ts';
import { type Rules, realRules } from './model-rules.ts';

/** A planted bug: the rules with one thing wrong. The model must find every one of them. */
export interface Mutation {
  readonly name: string;
  readonly rules: Rules;
}

const captured: Decision = { state: 'captured', reason: undefined, transfer: 'post', isReversalDue: false };
const declined: Decision = { state: 'declined', reason: undefined, transfer: 'void', isReversalDue: false };
const reversed: Decision = { state: 'reversed', reason: undefined, transfer: 'void', isReversalDue: true };

/** Cells of the table that are wrong or missing. */
const cells: readonly Mutation[] = [
  cell('a silent issuer is taken for a no', 'authorizing', 'silent', declined),
  cell('a silent issuer is taken for a yes', 'authorizing', 'silent', captured),
  cell('an inquiry that finds nothing declines, so nothing is undone', 'unknown', 'found_nothing', declined),
  cell(
    'a payment nobody waits for is declined when the inquiry finds nothing',
    'authorizing',
    'found_nothing',
    declined,
  ),
  cell('a yes that was found is ignored', 'unknown', 'found_approved', undefined),
  cell('a no that was found is ignored', 'unknown', 'found_declined', undefined),
  cell('an inquiry that finds nothing leaves the payment open', 'unknown', 'found_nothing', undefined),
  cell('a no that was found captures', 'unknown', 'found_declined', captured),
  cell('a yes that was found declines', 'unknown', 'found_approved', declined),
  cell('an open payment is reversed at once', 'authorizing', 'reverse', reversed),
  cell('a captured payment may be turned back without the issuer', 'captured', 'reverse', {
    ...reversed,
    transfer: 'turn_back',
    isReversalDue: false,
  }),
  cell('a reversed payment may be reversed again', 'reversed', 'reverse', {
    ...reversed,
    transfer: 'turn_back',
  }),
];

/** What a decision carries is wrong. */
const decisions: readonly Mutation[] = [
  decided('a decline keeps the reservation', 'declined', { transfer: 'none' }),
  decided('a decline posts', 'declined', { transfer: 'post' }),
  decided('a capture voids', 'captured', { transfer: 'void' }),
  decided('no reversal is due to the issuer', 'reversed', { isReversalDue: false }),
];

/** A promise of the journal, the outbox, the sweeper or the issuer is broken. */
const promises: readonly Mutation[] = [
  broken('two events may take one sequence', { isSequenceUnique: false }),
  broken('a key may be used twice', { isKeyUnique: false }),
  broken('the reversal is written after the outcome', { isReversalInCommit: false }),
  broken('a payment may be opened behind the sweeper', { refusesOldOpenings: false }),
  broken('a sweep counts what it did not end', { countsOutcomesOnly: false }),
  broken('the sender is answered before the commit', { answersAfterCommit: false }),
  broken('a message that left counts as not sent', { isNotSentTrue: false }),
  broken('the outbox forgets a reversal nobody acknowledged', { keepsUntilAcknowledged: false }),
  broken('a reversal moves no money', { turnsMoneyBack: false }),
  broken('the issuer forgets reversals of what it has not seen', { issuerKeepsReversals: false }),
  broken('the issuer books before it keeps its answer', { issuerBooksOnce: false }),
  broken('a repeated request is answered with the last state', {
    atFirstOutcome: (history) => (history.events.length === 0 ? undefined : history),
  }),
  broken('the other party is not told', {
    notificationsOf: (history, decision) => ({
      ...realRules.notificationsOf(history, decision),
      tells: false,
    }),
  }),
];

/** All planted bugs. */
export const mutations: readonly Mutation[] = [...cells, ...decisions, ...promises];

function cell(name: string, state: PaymentState, finding: Finding, decision: Decision | undefined): Mutation {
  const mutated: typeof decide = (from, found, reason) =>
    from === state && found === finding ? decision : decide(from, found, reason);
  return broken(name, { decide: mutated });
}

function decided(name: string, state: Decision['state'], change: Partial<Decision>): Mutation {
  const mutated: typeof decide = (from, finding, reason) => {
    const decision = decide(from, finding, reason);
    return decision?.state === state && from !== 'captured' ? { ...decision, ...change } : decision;
  };
  return broken(name, { decide: mutated });
}

function broken(name: string, change: Partial<Rules>): Mutation {
  return { name, rules: { ...realRules, ...change } };
}
