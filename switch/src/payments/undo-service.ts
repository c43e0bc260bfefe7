import type { Money, Reason } from '@barlink/protocol';
import type { Queryable } from '../database/index.ts';
import type { Participant } from '../participants/index.ts';
import { PaymentError } from './errors.ts';
import { type JournalParts, type JournalResult, toEvent, writeBatch } from './journal-service.ts';
import {
  type Decision,
  decide,
  decideRefundable,
  directionOf,
  ledgerCodes,
  type PaymentHistory,
  stateOf,
} from './payment.ts';
import type { Plan, PlanParts } from './plan-service.ts';

/** What turning money back asks. */
export type ReversalParts = Pick<PlanParts, 'routeMoney' | 'now' | 'newId'>;

/** @throws {PaymentError} when the payment is not one this acquirer can refund from */
export function assertRefundable(original: PaymentHistory, acquirer: Participant, amount: Money): void {
  const { payment } = original;
  if (payment.acquirerId !== acquirer.id) {
    throw new PaymentError('PAYMENT_ID_UNKNOWN');
  }
  if (payment.kind !== 'purchase' || stateOf(original) !== 'captured') {
    throw new PaymentError('PAYMENT_STATE_CONFLICT');
  }
  if (payment.amount.currency !== amount.currency) {
    throw new PaymentError('PAYMENT_CURRENCY_MISMATCH', { path: '/amount/currency' });
  }
}

/**
 * Under the lock of the original payment: the refunds of a payment never exceed it (spec/payments.md 4.5).
 */
export async function openRefund(
  connection: Queryable,
  refund: { readonly plan: Plan; readonly original: PaymentHistory; readonly parts: JournalParts },
): Promise<JournalResult> {
  const { plan: planned, parts } = refund;
  const { id } = refund.original.payment;
  await parts.store.lock(connection, id);
  const original = (await parts.store.findHistories(connection, [id])).get(id);
  if (original === undefined || stateOf(original) !== 'captured') {
    throw new PaymentError('PAYMENT_STATE_CONFLICT');
  }
  const refunds = await parts.store.listRefunds(connection, id);
  if (decideRefundable(original.payment.amount, refunds) < planned.opening.payment.amount.minor) {
    throw new PaymentError('REFUND_AMOUNT_EXCEEDED', { path: '/amount/minor' });
  }
  const [result] = await writeBatch(connection, [planned.opening], parts);
  return result as JournalResult;
}

/** A reversal that is due. */
export interface DueReversal {
  readonly history: PaymentHistory;
  readonly decision: Decision;
}

/** spec/payments.md 4.6, under the lock of the payment. */
export async function decideReversal(
  connection: Queryable,
  asked: {
    readonly history: PaymentHistory | undefined;
    readonly acquirer: Participant;
    readonly reason: Reason;
    readonly parts: JournalParts;
  },
): Promise<DueReversal> {
  const { history, acquirer, reason, parts } = asked;
  if (history === undefined || history.payment.acquirerId !== acquirer.id) {
    throw new PaymentError('PAYMENT_ID_UNKNOWN');
  }
  const decision = decide(stateOf(history), 'reverse', reason);
  if (decision === undefined || history.payment.kind !== 'purchase') {
    throw new PaymentError('PAYMENT_STATE_CONFLICT');
  }
  const refunds = await parts.store.listRefunds(connection, history.payment.id);
  if (decideRefundable(history.payment.amount, refunds) !== history.payment.amount.minor) {
    throw new PaymentError('REVERSAL_REFUND_EXISTS');
  }
  return { history, decision };
}

/** Moves a captured amount back and stores the event that says so. */
export async function turnBack(
  connection: Queryable,
  due: DueReversal,
  options: ReversalParts & { readonly parts: JournalParts },
): Promise<PaymentHistory> {
  const { history, decision } = due;
  const { parts, routeMoney, now, newId } = options;
  const { payment } = history;
  const { from, to } = directionOf(payment);
  const { currency, minor } = payment.amount;
  const route = await routeMoney({ from: to, to: from, currency });
  const transfer = { id: newId(), ...route, amount: minor, code: ledgerCodes.reversal };
  const event = toEvent(history, decision, { at: now(), transferId: transfer.id, evidence: undefined });
  // In the cycle of the capture or not at all: it is stored by the statement that looks which one is open.
  if (!(await parts.store.insertReversal(connection, { paymentId: payment.id, event }))) {
    throw new PaymentError('REVERSAL_CYCLE_CLOSED');
  }
  await parts.tokens.changeTokenUses(connection, { released: [payment.id], claims: [] });
  const [made] = await parts.ledger.createTransfers([transfer], connection);
  if (made?.result === 'exceeds_credits') {
    throw new PaymentError('REVERSAL_CAP_EXCEEDED');
  }
  if (made?.result !== 'created') {
    throw new Error(`reversal of ${payment.id}: ledger ${made?.result}`);
  }
  return { payment, events: [...history.events, event] };
}
