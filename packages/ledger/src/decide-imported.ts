import type { Book, BookAccount } from './book.ts';
import { type TransferResultCode, type TransferRow, transferFlagBits } from './transfer.ts';

export interface Sides {
  readonly debit: BookAccount;
  readonly credit: BookAccount;
}

/** spec/ledger.md 7: imported rows keep the order of time and come after the accounts they use. */
export function decideImported(book: Book, row: TransferRow, sides: Sides): TransferResultCode | undefined {
  if (book.imported === undefined || (row.flags & transferFlagBits.imported) === 0) return undefined;
  if (row.timestamp <= book.importedMax || book.imported.accountTimestamps.has(row.timestamp)) {
    return 'imported_event_timestamp_must_not_regress';
  }
  if (row.timestamp <= sides.debit.timestamp) return 'imported_event_timestamp_must_postdate_debit_account';
  if (row.timestamp <= sides.credit.timestamp) return 'imported_event_timestamp_must_postdate_credit_account';
  return row.timeoutSeconds === 0 ? undefined : 'imported_event_timeout_must_be_zero';
}
