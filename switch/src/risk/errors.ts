import { ProtocolError } from '@barlink/protocol';

/** What risk control refuses. */
export type RiskErrorCode =
  | 'OUTFLOW_BREAKER_OPEN'
  | 'OUTFLOW_BREAKER_CLOSED'
  | 'OUTFLOW_REOPENING_UNKNOWN'
  | 'OUTFLOW_CONFIRMER_SAME'
  | 'OUTFLOW_CONFIRMER_NEW';

/** @see RiskErrorCode */
export class RiskError extends ProtocolError {
  declare readonly code: RiskErrorCode;

  constructor(code: RiskErrorCode, options: { readonly path?: string } = {}) {
    super(code, texts[code], options);
  }
}

const texts: Record<RiskErrorCode, string> = {
  OUTFLOW_BREAKER_OPEN: 'More has flowed out of the position than the operator allows; nothing new may.',
  OUTFLOW_BREAKER_CLOSED: 'The breaker of this position is closed; there is nothing to reopen.',
  OUTFLOW_REOPENING_UNKNOWN: 'Nobody has proposed to reopen this.',
  OUTFLOW_CONFIRMER_SAME: 'Who proposed a reopening cannot confirm it.',
  OUTFLOW_CONFIRMER_NEW: 'A key that was registered after the breaker opened cannot confirm.',
};
