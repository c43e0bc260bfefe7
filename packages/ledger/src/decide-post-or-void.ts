import { type Book, enter, type Outcome } from './book.ts';
import { decideImported } from './decide-imported.ts';
import { nilId, topId } from './rows.ts';
import {
  amountMax,
  transferFlagBits as bits,
  type TransferResultCode,
  type TransferRow,
} from './transfer.ts';

const exclusive =
  bits.pending | bits.balancing_debit | bits.balancing_credit | bits.closing_debit | bits.closing_credit;

/** spec/ledger.md 3: the second phase, which takes what it leaves out from the pending transfer. */
export function decidePostOrVoid(book: Book, row: TransferRow, timestamp: bigint): TransferResultCode {
  const malformed = decideForm(row);
  if (malformed !== undefined) return malformed;
  const pending = book.transfers.get(row.pendingId);
  if (pending === undefined) return 'pending_transfer_not_found';
  if ((pending.flags & bits.pending) === 0) return 'pending_transfer_not_pending';
  const amount = effectiveAmount(row, pending);
  const refusal = compareWithPending(row, pending, amount) ?? decideEnd(book, pending, timestamp);
  if (refusal !== undefined) return refusal;
  const debit = book.accounts.get(pending.debitAccountId);
  const credit = book.accounts.get(pending.creditAccountId);
  if (debit === undefined || credit === undefined) throw new Error('a pending transfer without its accounts');
  const misplaced = decideImported(book, row, { debit, credit });
  if (misplaced !== undefined) return misplaced;
  if ((row.flags & bits.post_pending_transfer) !== 0) {
    if (debit.closed) return 'debit_account_already_closed';
    if (credit.closed) return 'credit_account_already_closed';
  }
  enter(book, complete(row, pending, { amount, timestamp }), pending);
  return 'created';
}

function decideForm(row: TransferRow): TransferResultCode | undefined {
  const both = bits.post_pending_transfer | bits.void_pending_transfer;
  if ((row.flags & both) === both || (row.flags & exclusive) !== 0) return 'flags_are_mutually_exclusive';
  if (row.pendingId === nilId) return 'pending_id_must_not_be_zero';
  if (row.pendingId === topId) return 'pending_id_must_not_be_int_max';
  if (row.pendingId === row.id) return 'pending_id_must_be_different';
  return row.timeoutSeconds === 0 ? undefined : 'timeout_reserved_for_pending_transfer';
}

/** Posting the largest amount, or voiding 0, means all of the pending transfer. */
function effectiveAmount(row: TransferRow, pending: TransferRow): bigint {
  const all = (row.flags & bits.post_pending_transfer) !== 0 ? amountMax : 0n;
  return row.amount === all ? pending.amount : row.amount;
}

function compareWithPending(
  row: TransferRow,
  pending: TransferRow,
  amount: bigint,
): TransferResultCode | undefined {
  if (row.debitAccountId !== nilId && row.debitAccountId !== pending.debitAccountId) {
    return 'pending_transfer_has_different_debit_account_id';
  }
  if (row.creditAccountId !== nilId && row.creditAccountId !== pending.creditAccountId) {
    return 'pending_transfer_has_different_credit_account_id';
  }
  if (row.ledger !== 0 && row.ledger !== pending.ledger) return 'pending_transfer_has_different_ledger';
  if (row.code !== 0 && row.code !== pending.code) return 'pending_transfer_has_different_code';
  if (amount > pending.amount) return 'exceeds_pending_transfer_amount';
  const isVoid = (row.flags & bits.void_pending_transfer) !== 0;
  return isVoid && amount < pending.amount ? 'pending_transfer_has_different_amount' : undefined;
}

const ended: Readonly<Record<Outcome, TransferResultCode>> = {
  posted: 'pending_transfer_already_posted',
  voided: 'pending_transfer_already_voided',
  expired: 'pending_transfer_expired',
};

function decideEnd(book: Book, pending: TransferRow, now: bigint): TransferResultCode | undefined {
  const outcome = book.outcomes.get(pending.id);
  if (outcome !== undefined) return ended[outcome];
  if (pending.timeoutSeconds === 0) return undefined;
  const expiresAt = pending.timestamp + BigInt(pending.timeoutSeconds) * 1_000_000_000n;
  return now >= expiresAt ? 'pending_transfer_expired' : undefined;
}

function complete(
  row: TransferRow,
  pending: TransferRow,
  decided: { readonly amount: bigint; readonly timestamp: bigint },
): TransferRow {
  return {
    ...row,
    ...decided,
    debitAccountId: pending.debitAccountId,
    creditAccountId: pending.creditAccountId,
    ledger: pending.ledger,
    code: pending.code,
    userData128: row.userData128 === nilId ? pending.userData128 : row.userData128,
    userData64: row.userData64 === 0n ? pending.userData64 : row.userData64,
    userData32: row.userData32 === 0 ? pending.userData32 : row.userData32,
  };
}
