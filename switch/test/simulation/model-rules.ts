import type { ParticipantId, PaymentId, TokenId } from '@barlink/protocol';
import { toNotifications } from '../../src/payments/outcome-service.ts';
import {
  atFirstOutcome,
  type Decision,
  decide,
  nextSequence,
  type Payment,
  type PaymentEvent,
  type PaymentHistory,
  stateOf,
} from '../../src/payments/payment.ts';

/**
 * The rules the model runs by. Tables and pure functions are the switch's own; the rest says in one word what
 * the SQL and the services around them promise, so that a test can break each promise and see it found.
 */
export interface Rules {
  readonly decide: typeof decide;
  readonly atFirstOutcome: typeof atFirstOutcome;
  /** What an outcome writes to the outbox in its own commit. */
  readonly notificationsOf: (history: PaymentHistory, decision: Decision) => Written;
  /** The primary key of events: an event enters only at the sequence its writer has seen. */
  readonly isSequenceUnique: boolean;
  /** The record of messages: one effect for a sender's idempotency key. */
  readonly isKeyUnique: boolean;
  /** The reversal is in the commit of its outcome, not in one of its own. */
  readonly isReversalInCommit: boolean;
  /** A payment enters the journal only while the sweeper will still look at its time. */
  readonly refusesOldOpenings: boolean;
  /** A sweep counts a payment as ended only when it has an outcome. */
  readonly countsOutcomesOnly: boolean;
  /** The sender is answered after the commit. */
  readonly answersAfterCommit: boolean;
  /** `not_sent` is said only when nothing can have arrived. */
  readonly isNotSentTrue: boolean;
  /** The outbox keeps a reversal until it is acknowledged. */
  readonly keepsUntilAcknowledged: boolean;
  /** Turning a captured amount back moves the money. */
  readonly turnsMoneyBack: boolean;
  /** The issuer keeps a reversal of what it has not seen. */
  readonly issuerKeepsReversals: boolean;
  /** The issuer books and keeps its answer in one step. */
  readonly issuerBooksOnce: boolean;
}

/** What an outcome leaves in the outbox. */
export interface Written {
  readonly hasReversal: boolean;
  readonly tells: boolean;
}

/** The rules as they are. */
export const realRules: Rules = {
  decide,
  atFirstOutcome,
  notificationsOf: (history, decision) => {
    const written = toNotifications(history, { decision, audience: 'counterparty', newId: () => 'id' });
    return {
      hasReversal: written.some(({ kind }) => kind === 'reversal'),
      tells: written.some(({ kind }) => kind === 'event'),
    };
  },
  isSequenceUnique: true,
  isKeyUnique: true,
  isReversalInCommit: true,
  refusesOldOpenings: true,
  countsOutcomesOnly: true,
  answersAfterCommit: true,
  isNotSentTrue: true,
  keepsUntilAcknowledged: true,
  turnsMoneyBack: true,
  issuerKeepsReversals: true,
  issuerBooksOnce: true,
};

/** A real history of the model's payment: the first `seen` of its states. */
export function toHistory(states: readonly PaymentEvent['state'][], seen = states.length): PaymentHistory {
  const history: { payment: Payment; events: PaymentEvent[] } = { payment, events: [] };
  for (const state of states.slice(0, seen)) {
    history.events.push({
      sequence: nextSequence(history),
      state,
      reason: undefined,
      evidence: undefined,
      transferId: undefined,
      at: payment.createdAt,
    });
  }
  return history;
}

/** How the model's payment stands, by the switch's own rule. */
export function standing(states: readonly PaymentEvent['state'][], seen?: number) {
  return stateOf(toHistory(states, seen));
}

const payment: Payment = {
  id: '01900000-0000-7000-8000-000000000001' as PaymentId,
  kind: 'purchase',
  presentment: 'merchant',
  amount: { currency: 'CNY', minor: 1n },
  issuerId: 'issuer' as ParticipantId,
  acquirerId: 'acquirer' as ParticipantId,
  walletId: 'wallet' as ParticipantId,
  senderId: 'wallet' as ParticipantId,
  tokenId: '01900000-0000-7000-8000-000000000002' as TokenId,
  merchant: { id: 'M', name: 'M', city: 'C', category: '0000', country: 'CN' },
  codeId: undefined,
  reference: undefined,
  originalPaymentId: undefined,
  createdAt: new Date(0),
};
