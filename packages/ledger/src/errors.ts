import { ProtocolError } from '@barlink/protocol';

/** Every code a {@link LedgerError} can carry; `spec/ledger.md` has a row for each. */
export type LedgerErrorCode =
  | 'LEDGER_ID_MALFORMED'
  | 'LEDGER_AMOUNT_OUT_OF_RANGE'
  | 'LEDGER_NUMBER_OUT_OF_RANGE'
  | 'LEDGER_TIMEOUT_OUT_OF_RANGE'
  | 'LEDGER_ISOLATION_UNSUPPORTED'
  | 'LEDGER_CONTENDED'
  | 'LEDGER_NOT_ALL_CREATED';

/** A row no ledger could hold (refused before the database is asked), or a batch that never got its turn. */
export class LedgerError extends ProtocolError {
  declare readonly code: LedgerErrorCode;

  constructor(code: LedgerErrorCode, message: string, options?: { path?: string; cause?: unknown }) {
    super(code, message, options);
  }
}
