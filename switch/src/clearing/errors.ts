import { ProtocolError } from '@barlink/protocol';

/** What clearing refuses. */
export type ClearingErrorCode = 'POSITION_CURRENCY_UNKNOWN' | 'POSITION_CAP_UNDERCUT';

/** @see ClearingErrorCode */
export class ClearingError extends ProtocolError {
  declare readonly code: ClearingErrorCode;

  constructor(code: ClearingErrorCode, options: { readonly path?: string } = {}) {
    super(code, texts[code], options);
  }
}

const texts: Record<ClearingErrorCode, string> = {
  POSITION_CURRENCY_UNKNOWN: 'A party has no position in this currency.',
  POSITION_CAP_UNDERCUT: 'The participant owes or has reserved more than the new cap.',
};
