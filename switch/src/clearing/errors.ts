import { ProtocolError } from '@barlink/protocol';

/** What clearing refuses. */
export type ClearingErrorCode =
  | 'POSITION_CURRENCY_UNKNOWN'
  | 'POSITION_CAP_UNDERCUT'
  | 'CYCLE_UNKNOWN'
  | 'CYCLE_STATE_CONFLICT'
  | 'CYCLE_PAGE_INVALID'
  | 'SCHEDULE_TIME_ZONE_UNKNOWN'
  | 'SCHEDULE_CUT_OFF_INVALID';

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
  CYCLE_UNKNOWN: 'There is no such clearing cycle.',
  CYCLE_STATE_CONFLICT: 'The clearing cycle is not open.',
  CYCLE_PAGE_INVALID: 'The page asked for is not one that an answer named.',
  SCHEDULE_TIME_ZONE_UNKNOWN: 'The time zone has no IANA name.',
  SCHEDULE_CUT_OFF_INVALID: 'Cut-offs are times of day, HH:MM, in order and each once.',
};
