import { ProtocolError } from '@barlink/protocol';

/** What payments refuse. A business no is not here: it is a declined payment with a reason. */
export type PaymentErrorCode =
  | 'PAYMENT_ID_UNKNOWN'
  | 'PAYMENT_STATE_CONFLICT'
  | 'PAYMENT_PRESENTMENT_FORBIDDEN'
  | 'PAYMENT_AMOUNT_MISSING'
  | 'PAYMENT_AMOUNT_MISMATCH'
  | 'PAYMENT_CURRENCY_MISMATCH'
  | 'REFUND_AMOUNT_EXCEEDED'
  | 'REVERSAL_REFUND_EXISTS'
  | 'REVERSAL_CYCLE_CLOSED'
  | 'REVERSAL_CAP_EXCEEDED';

/** @see PaymentErrorCode */
export class PaymentError extends ProtocolError {
  declare readonly code: PaymentErrorCode;

  constructor(code: PaymentErrorCode, options: { readonly path?: string } = {}) {
    super(code, texts[code], options);
  }
}

const texts: Record<PaymentErrorCode, string> = {
  PAYMENT_ID_UNKNOWN: 'There is no such payment.',
  PAYMENT_STATE_CONFLICT: 'The payment is in a state in which this cannot be done.',
  PAYMENT_PRESENTMENT_FORBIDDEN: 'A wallet pays merchant codes, an acquirer takes payer codes.',
  PAYMENT_AMOUNT_MISSING: 'The code has no amount, so the request needs one.',
  PAYMENT_AMOUNT_MISMATCH: 'The amount differs from the amount of the code.',
  PAYMENT_CURRENCY_MISMATCH: 'The currency differs from the one agreed before.',
  REFUND_AMOUNT_EXCEEDED: 'Refunds would exceed what was captured.',
  REVERSAL_REFUND_EXISTS: 'The payment has refunds; refund the rest.',
  REVERSAL_CYCLE_CLOSED: 'The clearing cycle of the payment is closed; refund it.',
  REVERSAL_CAP_EXCEEDED: 'The reversal would exceed the net debit cap of the acquirer.',
};
