import {
  type CodeId,
  type Money,
  type ParticipantId,
  type PaymentId,
  type PaymentState,
  type Presentment,
  parseCodeId,
  parseParticipantId,
  parsePaymentId,
  type Reason,
  type WireMerchant,
} from '@barlink/protocol';
import { type Members, present } from './shape.ts';

/** A payee as its acquirer describes it. */
export type Merchant = WireMerchant;

/** A payment as this party may see it. `captured`, `declined` and `reversed` are outcomes. */
export interface Payment {
  readonly paymentId: PaymentId;
  readonly kind: 'purchase' | 'refund';
  readonly presentment: Presentment;
  readonly state: PaymentState;
  /** Why it was declined or reversed. */
  readonly reason?: Reason;
  readonly amount: Money;
  readonly issuer: ParticipantId;
  readonly acquirer: ParticipantId;
  readonly wallet?: ParticipantId;
  readonly merchant: Merchant;
  readonly reference?: string;
  readonly codeId?: CodeId;
  /** The purchase a refund gives back from. */
  readonly originalPaymentId?: PaymentId;
  readonly createdAt: Date;
  readonly decidedAt?: Date;
}

/** A merchant code as the switch has registered it. */
export interface MerchantCode {
  readonly codeId: CodeId;
  readonly acquirer: ParticipantId;
  readonly acquirerNumber: string;
  readonly merchant: Merchant;
  readonly mode: 'static' | 'dynamic';
  readonly currency: string;
  readonly amount?: Money;
  readonly reference?: string;
  /** Where it hangs: the merchant's store. */
  readonly store?: string;
  /** The till or table there. */
  readonly terminal?: string;
  readonly expiresAt?: Date;
  readonly uses: 'single' | 'many';
  readonly form: 'emv' | 'url';
  readonly state: 'active' | 'closed';
  /** The registered text, unsigned; the URL of a code behind one. */
  readonly payload: string;
  readonly createdAt: Date;
}

/** Received minus sent in one currency, in minor units; a negative net owes. */
export interface NetPosition {
  readonly participant: ParticipantId;
  readonly currency: string;
  readonly net: bigint;
  readonly netDebitCap: bigint;
  readonly reserved: bigint;
  readonly headroom: bigint;
}

/** Every state a payment can be in. */
export const paymentStates = [
  'authorizing',
  'unknown',
  'captured',
  'declined',
  'reversed',
] as const satisfies readonly PaymentState[];

/**
 * Reads a PaymentResource. @throws {ProtocolError} `MESSAGE_SHAPE_INVALID` and what its members' parsers
 * throw
 */
export function decodePayment(from: Members): Payment {
  return present({
    paymentId: parsePaymentId(from.text('paymentId'), '/paymentId'),
    kind: from.oneOf('kind', ['purchase', 'refund']),
    presentment: from.oneOf('presentment', ['merchant', 'consumer']),
    state: from.oneOf('state', paymentStates),
    reason: from.optionalReason('reason'),
    amount: from.money('amount'),
    issuer: parseParticipantId(from.text('issuer'), '/issuer'),
    acquirer: parseParticipantId(from.text('acquirer'), '/acquirer'),
    wallet: optional(from.optionalText('wallet'), parseParticipantId),
    merchant: decodeMerchant(from.object('merchant')),
    reference: from.optionalText('reference'),
    codeId: optional(from.optionalText('codeId'), parseCodeId),
    originalPaymentId: optional(from.optionalText('originalPaymentId'), parsePaymentId),
    createdAt: from.instant('createdAt'),
    decidedAt: from.optionalInstant('decidedAt'),
  });
}

/** Reads a CodeResource. */
export function decodeMerchantCode(from: Members): MerchantCode {
  return present({
    codeId: parseCodeId(from.text('codeId'), '/codeId'),
    acquirer: parseParticipantId(from.text('acquirer'), '/acquirer'),
    acquirerNumber: from.text('acquirerNumber'),
    merchant: decodeMerchant(from.object('merchant')),
    mode: from.oneOf('mode', ['static', 'dynamic']),
    currency: from.text('currency'),
    amount: from.optionalMoney('amount'),
    reference: from.optionalText('reference'),
    store: from.optionalText('store'),
    terminal: from.optionalText('terminal'),
    expiresAt: from.optionalInstant('expiresAt'),
    uses: from.oneOf('uses', ['single', 'many']),
    form: from.oneOf('form', ['emv', 'url']),
    state: from.oneOf('state', ['active', 'closed']),
    payload: from.text('payload'),
    createdAt: from.instant('createdAt'),
  });
}

/** Reads a Position. */
export function decodePosition(from: Members): NetPosition {
  return {
    participant: parseParticipantId(from.text('participant'), '/participant'),
    currency: from.text('currency'),
    net: from.integer('net'),
    netDebitCap: from.integer('netDebitCap'),
    reserved: from.integer('reserved'),
    headroom: from.integer('headroom'),
  };
}

/** Reads a WireMerchant. */
export function decodeMerchant(from: Members): Merchant {
  return {
    id: from.text('id'),
    name: from.text('name'),
    city: from.text('city'),
    category: from.text('category'),
    country: from.text('country'),
  };
}

function optional<T>(text: string | undefined, parse: (text: string) => T): T | undefined {
  return text === undefined ? undefined : parse(text);
}
