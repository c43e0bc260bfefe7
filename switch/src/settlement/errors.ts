import { ProtocolError } from '@barlink/protocol';

/** What settlement refuses. */
export type SettlementErrorCode = 'SETTLEMENT_INSTRUCTION_UNKNOWN' | 'SETTLEMENT_STATE_CONFLICT';

/** @see SettlementErrorCode */
export class SettlementError extends ProtocolError {
  declare readonly code: SettlementErrorCode;

  constructor(code: SettlementErrorCode, options: { readonly path?: string } = {}) {
    super(code, texts[code], options);
  }
}

const texts: Record<SettlementErrorCode, string> = {
  SETTLEMENT_INSTRUCTION_UNKNOWN: 'There is no such settlement instruction.',
  SETTLEMENT_STATE_CONFLICT: 'The instruction is in a state in which this cannot be.',
};
