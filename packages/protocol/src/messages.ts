import type { CycleEvent } from './clearing-messages.ts';
import type { WireMoney } from './money.ts';
import type { Reason } from './reasons.ts';

/** What a participant may do (spec/participants.md). */
export type Role = 'issuer' | 'acquirer' | 'wallet' | 'settlement' | 'operator';

/** Whose screen shows the code. */
export type Presentment = 'merchant' | 'consumer';

/**
 * spec/payments.md 2: `captured`, `declined` and `reversed` are outcomes, the others are on their way to one.
 */
export type PaymentState = 'authorizing' | 'unknown' | 'captured' | 'declined' | 'reversed';

/** A merchant as its acquirer describes it and a payer sees it. */
export interface WireMerchant {
  /** The acquirer's name for the merchant: 1 to 15 of A-Z, 0-9 and hyphen. */
  readonly id: string;
  readonly name: string;
  readonly city: string;
  /** ISO 18245 merchant category code, four digits. */
  readonly category: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
}

/** POST /v1/codes, by an acquirer. */
export interface CodeRequest {
  readonly merchant: WireMerchant;
  readonly mode: 'static' | 'dynamic';
  readonly currency: string;
  /** Required for a dynamic code, allowed for a static one. */
  readonly amount?: WireMoney;
  /** Printed with the code and reported back: 1 to 25 printable characters. */
  readonly reference?: string;
  /** Where it hangs: the merchant's store, 1 to 25 printable characters. It lies under the signature. */
  readonly store?: string;
  /** The till or table there, 1 to 25 printable characters. It lies under the signature. */
  readonly terminal?: string;
  /** ISO 8601 instant; required for a dynamic code. */
  readonly expiresAt?: string;
  /** How often a dynamic code is paid; `single` when absent. */
  readonly uses?: 'single' | 'many';
  /** What the symbol holds: the EMVCo text, or for a dynamic code a URL; `emv` when absent. */
  readonly form?: 'emv' | 'url';
}

/** PUT /v1/codes/{codeId}/document: what the URL of a code gives, signed by its acquirer. */
export interface CodeDocumentRequest {
  /** Compact JWS (spec/signing.md 6.3). */
  readonly document: string;
}

/** A registered merchant code. */
export interface CodeResource {
  readonly codeId: string;
  readonly acquirer: string;
  readonly acquirerNumber: string;
  readonly merchant: WireMerchant;
  readonly mode: 'static' | 'dynamic';
  readonly currency: string;
  readonly amount?: WireMoney;
  readonly reference?: string;
  readonly store?: string;
  readonly terminal?: string;
  readonly expiresAt?: string;
  readonly uses: 'single' | 'many';
  readonly form: 'emv' | 'url';
  readonly state: 'active' | 'closed';
  /** The unsigned payload text, to which the acquirer's SDK adds its signature; or the URL, as it is. */
  readonly payload: string;
  readonly createdAt: string;
}

/** POST /v1/codes/resolve: what a wallet scanned. */
export interface ResolveRequest {
  readonly payload: string;
}

/** What a scanned code is and whether it can be paid here. */
export interface ResolveAnswer {
  readonly code: CodeResource;
  /** `verified`: the acquirer's signature holds; `unsigned`: registered, but it carries no signature. */
  readonly trust: 'verified' | 'unsigned';
}

/** POST /v1/payments by a wallet: a merchant's code was scanned. */
export interface MerchantPresentedRequest {
  readonly presentment: 'merchant';
  /** The scanned payload, unchanged. */
  readonly payload: string;
  readonly tokenId: string;
  /** Required when the code has no amount; must equal it when it has one. */
  readonly amount?: WireMoney;
  /** The device's word for this payment (spec/tokens.md 4). */
  readonly cryptogram?: { readonly counter: number; readonly value: string };
}

/** POST /v1/payments by an acquirer: a payer's code was scanned. */
export interface ConsumerPresentedRequest {
  readonly presentment: 'consumer';
  /** The 24 digits of the payer's code, or its EMVCo form, unchanged. A secret until used: never logged. */
  readonly payload: string;
  readonly amount: WireMoney;
  readonly merchant: WireMerchant;
  readonly reference?: string;
  /**
   * Which of the merchant's terminals scanned it; too many wrong codes at one and it is refused for a while.
   */
  readonly terminalId?: string;
}

/** POST /v1/payments. */
export type PaymentRequest = MerchantPresentedRequest | ConsumerPresentedRequest;

/** POST /v1/payments/{paymentId}/refunds, by the acquirer of the captured payment. */
export interface RefundRequest {
  readonly amount: WireMoney;
}

/** POST /v1/payments/{paymentId}/reverse, by the acquirer. */
export interface ReverseRequest {
  readonly reason: Reason;
}

/** A payment as each of its parties may see it. */
export interface PaymentResource {
  readonly paymentId: string;
  readonly kind: 'purchase' | 'refund';
  readonly presentment: Presentment;
  readonly state: PaymentState;
  /** Set when declined or reversed. */
  readonly reason?: Reason;
  readonly amount: WireMoney;
  readonly issuer: string;
  readonly acquirer: string;
  /** The requestor of the payer's token; not shown to the acquirer of a merchant-presented payment. */
  readonly wallet?: string;
  readonly merchant: WireMerchant;
  readonly reference?: string;
  readonly codeId?: string;
  /** The captured payment a refund gives back from. */
  readonly originalPaymentId?: string;
  readonly createdAt: string;
  /** When the outcome was fixed. */
  readonly decidedAt?: string;
}

/** Switch to issuer, POST {issuer}/authorizations: take (purchase) or give back (refund) this amount now. */
export interface AuthorizationRequest {
  readonly paymentId: string;
  readonly kind: 'purchase' | 'refund';
  readonly presentment: Presentment;
  readonly account: string;
  /** The same for all tokens of the account (EMVCo payment account reference); acquirers never get it. */
  readonly accountMarking: string;
  readonly amount: WireMoney;
  readonly acquirer: string;
  readonly merchant: WireMerchant;
  readonly originalPaymentId?: string;
  /** After this instant the switch no longer waits; an answer is then settled by inquiry or reversal. */
  readonly deadline: string;
}

/** The issuer's word; `not_found` answers an inquiry only. */
export interface AuthorizationAnswer {
  readonly paymentId: string;
  readonly outcome: 'approved' | 'declined' | 'reversed' | 'not_found';
  readonly reason?: Reason;
  /** The issuer's own reference of the booking. */
  readonly issuerReference?: string;
}

/**
 * Switch to issuer, POST {issuer}/reversals: undo what you did for this payment, and refuse it if it still
 * comes. Sent until it is acknowledged.
 */
export interface ReversalRequest {
  readonly paymentId: string;
  readonly reason: Reason;
}

/** Event types a participant's receiver can get. */
export type EventType =
  | 'payment.captured'
  | 'payment.declined'
  | 'payment.reversed'
  | 'refund.captured'
  | 'refund.declined'
  | 'refund.reversed';

/** One thing that happened; delivered at least once, so a receiver keeps `eventId`s. */
export interface Event {
  readonly eventId: string;
  readonly type: EventType;
  readonly at: string;
  readonly payment: PaymentResource;
}

/** Switch to participant, POST {participant}/events. */
export interface EventDelivery {
  readonly events: readonly (Event | CycleEvent)[];
}

/** A participant's net position in one currency: received minus sent; negative owes. */
export interface Position {
  readonly participant: string;
  readonly currency: string;
  readonly net: string;
  readonly netDebitCap: string;
  readonly reserved: string;
  readonly headroom: string;
}

/** RFC 9457 problem details with our members. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  /** JSON pointer or data-object path into the request. */
  readonly path?: string;
  /** True when the same request may succeed later. */
  readonly retryable: boolean;
  readonly traceId: string;
}
