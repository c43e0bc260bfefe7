/**
 * Why a payment was declined or reversed: a business no, not an error.
 *
 * `iso20022` is the ExternalStatusReason1Code of ISO 20022, `iso8583` the response code of data element 39
 * (1987).
 */
export const reasons = {
  ACCOUNT_BLOCKED: { iso20022: 'AC06', iso8583: '62' },
  ACCOUNT_CLOSED: { iso20022: 'AC04', iso8583: '14' },
  AMOUNT_LIMIT_EXCEEDED: { iso20022: 'AM14', iso8583: '61' },
  CODE_ALREADY_PAID: { iso20022: 'AM05', iso8583: '94' },
  INSUFFICIENT_FUNDS: { iso20022: 'AM04', iso8583: '51' },
  ISSUER_DECLINED: { iso20022: 'MS03', iso8583: '05' },
  ISSUER_TIMEOUT: { iso20022: 'AB05', iso8583: '68' },
  ISSUER_UNAVAILABLE: { iso20022: 'AB08', iso8583: '91' },
  MERCHANT_REQUESTED: { iso20022: 'DS02', iso8583: '17' },
  NET_DEBIT_CAP_EXCEEDED: { iso20022: 'AM23', iso8583: '61' },
  PAYER_CODE_USED: { iso20022: 'AM05', iso8583: '94' },
  SUSPECTED_FRAUD: { iso20022: 'FRAD', iso8583: '59' },
} as const satisfies Record<string, { readonly iso20022: string; readonly iso8583: string }>;

/** A key of {@link reasons}. */
export type Reason = keyof typeof reasons;

/** True when the text is one of our reason codes. */
export function isReason(text: string): text is Reason {
  return Object.hasOwn(reasons, text);
}
