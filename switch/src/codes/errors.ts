import { ProtocolError } from '@barlink/protocol';

/** What the register of merchant codes refuses. What is wrong with a payload text itself has a QR_ code. */
export type MerchantCodeErrorCode =
  | 'CODE_SCHEME_FOREIGN'
  | 'CODE_PAYLOAD_UNKNOWN'
  | 'CODE_PAYLOAD_CHANGED'
  | 'CODE_TIME_EXPIRED'
  | 'CODE_AMOUNT_MISSING'
  | 'CODE_EXPIRY_INVALID'
  | 'CODE_URL_UNAVAILABLE'
  | 'CODE_DOCUMENT_MISMATCH'
  | 'CODE_DOCUMENT_EXPIRED'
  | 'CODE_DOCUMENT_USED';

/** @see MerchantCodeErrorCode */
export class MerchantCodeError extends ProtocolError {
  declare readonly code: MerchantCodeErrorCode;

  constructor(code: MerchantCodeErrorCode, options: { readonly path?: string } = {}) {
    super(code, texts[code], options);
  }
}

const texts: Record<MerchantCodeErrorCode, string> = {
  CODE_SCHEME_FOREIGN: 'This is a payment code of another scheme, which no participant answers for.',
  CODE_PAYLOAD_UNKNOWN: 'The code is not registered.',
  CODE_PAYLOAD_CHANGED: 'The code differs from the one that was registered.',
  CODE_TIME_EXPIRED: 'The code has expired.',
  CODE_AMOUNT_MISSING: 'A dynamic code needs an amount.',
  CODE_EXPIRY_INVALID: 'A dynamic code needs an expiry in the future.',
  CODE_URL_UNAVAILABLE: 'This switch gives out no codes behind a URL.',
  CODE_DOCUMENT_MISMATCH: 'The document does not say what was registered.',
  CODE_DOCUMENT_EXPIRED: 'The time to pay the code is over.',
  CODE_DOCUMENT_USED: 'The code has been paid, or is being paid now.',
};
