import {
  type CodeId,
  encodeMoney,
  type Money,
  type ParticipantId,
  type PaymentId,
  type PaymentResource,
  type PaymentState,
  type Presentment,
  type Reason,
  type TokenId,
  type WireMerchant,
} from '@barlink/protocol';

/** One purchase or refund, as it was opened; it never changes. */
export interface Payment {
  readonly id: PaymentId;
  readonly kind: 'purchase' | 'refund';
  readonly presentment: Presentment;
  readonly amount: Money;
  readonly issuerId: ParticipantId;
  readonly acquirerId: ParticipantId;
  readonly walletId: ParticipantId;
  /** Who asked for it. */
  readonly senderId: ParticipantId;
  readonly tokenId: TokenId;
  readonly merchant: WireMerchant;
  readonly codeId: CodeId | undefined;
  readonly reference: string | undefined;
  readonly originalPaymentId: PaymentId | undefined;
  readonly createdAt: Date;
}

/** Something that happened to a payment after it was opened. */
export interface PaymentEvent {
  readonly sequence: number;
  readonly state: Exclude<PaymentState, 'authorizing'>;
  readonly reason: Reason | undefined;
  /** The issuer's signed word this rests on. */
  readonly evidence: { readonly signature: string; readonly body: string } | undefined;
  readonly transferId: string | undefined;
  readonly at: Date;
}

/**
 * A payment older than this is not opened any more: the sweeper may have passed the time of its id
 * (spec/payments.md 3).
 */
export const openingAgeMaxMs = 5000;

/** A payment with what happened to it so far, oldest first. */
export interface PaymentHistory {
  readonly payment: Payment;
  readonly events: readonly PaymentEvent[];
}

/** What can be learnt about a payment (spec/payments.md 2). */
export type Finding =
  | 'approved'
  | 'declined'
  | 'not_sent'
  | 'silent'
  | 'found_approved'
  | 'found_declined'
  | 'found_nothing'
  | 'reverse';

/** spec/payments.md 2, cell by cell; a missing cell is an illegal move. */
export const nextState: Readonly<Record<PaymentState, Partial<Record<Finding, PaymentEvent['state']>>>> = {
  authorizing: {
    approved: 'captured',
    declined: 'declined',
    not_sent: 'declined',
    silent: 'unknown',
    found_approved: 'captured',
    found_declined: 'declined',
    found_nothing: 'reversed',
  },
  unknown: { found_approved: 'captured', found_declined: 'declined', found_nothing: 'reversed' },
  captured: { reverse: 'reversed' },
  declined: {},
  reversed: {},
};

/** What a finding makes of a payment. */
export interface Decision {
  readonly state: PaymentEvent['state'];
  readonly reason: Reason | undefined;
  /** What becomes of the money: the reservation is posted or voided, or a captured amount goes back. */
  readonly transfer: 'none' | 'post' | 'void' | 'turn_back';
  /** Whether the issuer has to undo what it may have done. */
  readonly isReversalDue: boolean;
}

/** Decides what a finding makes of a payment; `undefined` when it comes too late or is not allowed. */
export function decide(
  state: PaymentState,
  finding: Finding,
  reason: Reason | undefined,
): Decision | undefined {
  const next = nextState[state][finding];
  if (next === undefined) {
    return undefined;
  }
  return {
    state: next,
    reason: next === 'captured' || next === 'unknown' ? undefined : (reason ?? defaultReason[finding]),
    transfer: state === 'captured' ? 'turn_back' : transferOf[next],
    isReversalDue: next === 'reversed',
  };
}

const transferOf: Readonly<Record<PaymentEvent['state'], Decision['transfer']>> = {
  unknown: 'none',
  captured: 'post',
  declined: 'void',
  reversed: 'void',
};

const defaultReason: Partial<Record<Finding, Reason>> = {
  declined: 'ISSUER_DECLINED',
  found_declined: 'ISSUER_DECLINED',
  not_sent: 'ISSUER_UNAVAILABLE',
  found_nothing: 'ISSUER_TIMEOUT',
  reverse: 'MERCHANT_REQUESTED',
};

/** How a payment stands now. */
export function stateOf(history: PaymentHistory): PaymentState {
  return history.events.at(-1)?.state ?? 'authorizing';
}

/** The sequence the next event would take. */
export function nextSequence(history: PaymentHistory): number {
  return (history.events.at(-1)?.sequence ?? 0) + 1;
}

/** The history up to the outcome its sender was or will be told: what a repeated request is answered with. */
export function atFirstOutcome(history: PaymentHistory): PaymentHistory | undefined {
  const at = history.events.findIndex((event) => event.state !== 'unknown');
  return at < 0 ? undefined : { payment: history.payment, events: history.events.slice(0, at + 1) };
}

/** The party that did not ask for the payment and is told of its outcome. */
export function counterpartyOf(payment: Payment): ParticipantId {
  return payment.senderId === payment.acquirerId ? payment.walletId : payment.acquirerId;
}

/** True for the participants that may see a payment; for all others it does not exist. */
export function isParty(payment: Payment, id: ParticipantId): boolean {
  return id === payment.issuerId || id === payment.acquirerId || id === payment.walletId;
}

/** Where in the ledger an amount leaves and arrives. */
export interface MoneyRoute {
  readonly debitAccountId: string;
  readonly creditAccountId: string;
  readonly ledger: number;
}

/** What a transfer of payments stands for (`code` in the ledger). */
export const ledgerCodes = { payment: 10, reversal: 11 } as const;

/** Which participant's position is debited and which one's is credited. */
export function directionOf(payment: Payment): { readonly from: ParticipantId; readonly to: ParticipantId } {
  return payment.kind === 'purchase'
    ? { from: payment.issuerId, to: payment.acquirerId }
    : { from: payment.acquirerId, to: payment.issuerId };
}

/** What a refund may still give back: the captured amount less refunds that are captured or on their way. */
export function decideRefundable(captured: Money, refunds: readonly PaymentHistory[]): bigint {
  return refunds
    .filter((refund) => ['authorizing', 'unknown', 'captured'].includes(stateOf(refund)))
    .reduce((left, refund) => left - refund.payment.amount.minor, captured.minor);
}

/** A payment as one of its parties may see it; an acquirer is not told whose wallet scanned its code. */
export function renderPayment(history: PaymentHistory, viewer: ParticipantId | 'operator'): PaymentResource {
  const { payment } = history;
  const event = history.events.at(-1);
  const seesWallet =
    viewer !== payment.acquirerId || payment.presentment === 'consumer' || viewer === payment.walletId;
  return {
    paymentId: payment.id,
    kind: payment.kind,
    presentment: payment.presentment,
    state: stateOf(history),
    ...(event?.reason === undefined ? {} : { reason: event.reason }),
    amount: encodeMoney(payment.amount),
    issuer: payment.issuerId,
    acquirer: payment.acquirerId,
    ...(seesWallet ? { wallet: payment.walletId } : {}),
    merchant: payment.merchant,
    ...(payment.reference === undefined ? {} : { reference: payment.reference }),
    ...(payment.codeId === undefined ? {} : { codeId: payment.codeId }),
    ...(payment.originalPaymentId === undefined ? {} : { originalPaymentId: payment.originalPaymentId }),
    createdAt: payment.createdAt.toISOString(),
    ...(event === undefined || event.state === 'unknown' ? {} : { decidedAt: event.at.toISOString() }),
  };
}
