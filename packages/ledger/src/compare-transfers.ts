import { nilId } from './rows.ts';
import {
  amountMax,
  transferFlagBits as bits,
  type TransferResultCode,
  type TransferRow,
} from './transfer.ts';

interface Comparison {
  readonly existing: TransferRow;
  readonly row: TransferRow;
  /** The transfer that `row.pendingId` names, when there is one. */
  readonly pending: TransferRow | undefined;
}

/**
 * The answer to an id that was used before: `exists` when the row asks for what was done, else the first
 * thing that differs. What a post or void leaves out is compared with its pending transfer.
 */
export function compareTransfers({ existing, row, pending }: Comparison): TransferResultCode {
  if (existing.flags !== row.flags) return 'exists_with_different_flags';
  if (existing.pendingId !== row.pendingId) return 'exists_with_different_pending_id';
  if (existing.timeoutSeconds !== row.timeoutSeconds) return 'exists_with_different_timeout';
  const asked = pending === undefined ? row : fill(row, pending);
  if (existing.debitAccountId !== asked.debitAccountId) return 'exists_with_different_debit_account_id';
  if (existing.creditAccountId !== asked.creditAccountId) return 'exists_with_different_credit_account_id';
  if (!isSameAmount({ existing, row, pending })) return 'exists_with_different_amount';
  if (existing.userData128 !== asked.userData128) return 'exists_with_different_user_data_128';
  if (existing.userData64 !== asked.userData64) return 'exists_with_different_user_data_64';
  if (existing.userData32 !== asked.userData32) return 'exists_with_different_user_data_32';
  if (existing.ledger !== asked.ledger) return 'exists_with_different_ledger';
  return existing.code === asked.code ? 'exists' : 'exists_with_different_code';
}

function isSameAmount({ existing, row, pending }: Comparison): boolean {
  if ((row.flags & (bits.balancing_debit | bits.balancing_credit)) !== 0)
    return row.amount >= existing.amount;
  if (pending === undefined) return row.amount === existing.amount;
  const all = (row.flags & bits.post_pending_transfer) !== 0 ? amountMax : 0n;
  return (row.amount === all ? pending.amount : row.amount) === existing.amount;
}

function fill(row: TransferRow, pending: TransferRow): TransferRow {
  return {
    ...row,
    debitAccountId: row.debitAccountId === nilId ? pending.debitAccountId : row.debitAccountId,
    creditAccountId: row.creditAccountId === nilId ? pending.creditAccountId : row.creditAccountId,
    ledger: row.ledger === 0 ? pending.ledger : row.ledger,
    code: row.code === 0 ? pending.code : row.code,
    userData128: row.userData128 === nilId ? pending.userData128 : row.userData128,
    userData64: row.userData64 === 0n ? pending.userData64 : row.userData64,
    userData32: row.userData32 === 0 ? pending.userData32 : row.userData32,
  };
}
