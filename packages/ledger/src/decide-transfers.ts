import { accountFlagBits } from './account.ts';
import { type Book, enter, openBook, type TransfersState } from './book.ts';
import { compareTransfers } from './compare-transfers.ts';
import { decideImported, type Sides } from './decide-imported.ts';
import { decidePostOrVoid } from './decide-post-or-void.ts';
import { decideEvents, timestampMax } from './events.ts';
import { nilId, reservedBits, topId } from './rows.ts';
import {
  amountMax,
  transferFlagBits as bits,
  isPassing,
  type TransferResultCode,
  type TransferRow,
} from './transfer.ts';

/**
 * Decides the calls of one batch, in order, against what the ledger holds. Chains never reach from one call
 * into the next. Nothing is written: the returned book lists what to write.
 */
export function decideTransfers(
  state: TransfersState,
  calls: readonly (readonly TransferRow[])[],
  now: bigint,
): { readonly results: readonly (readonly TransferResultCode[])[]; readonly book: Book } {
  const book = openBook(state);
  let timestamp = now;
  const results = calls.map((rows) => {
    const answers = decideCall(book, rows, timestamp);
    timestamp += BigInt(rows.length);
    return answers;
  });
  return { results, book };
}

function decideCall(book: Book, rows: readonly TransferRow[], now: bigint): readonly TransferResultCode[] {
  return decideEvents<TransferRow, TransferResultCode>(rows, now, {
    importedBit: bits.imported,
    decide: (row, timestamp) => decideTransfer(book, row, timestamp),
    openChain() {
      book.undo = [];
    },
    undoChain() {
      for (const step of book.undo?.reverse() ?? []) step();
      book.undo = undefined;
    },
    keepChain() {
      book.undo = undefined;
    },
    failed(row, result) {
      if (!isPassing(result)) return;
      book.failed.add(row.id);
      book.failures.push({ id: row.id, result });
    },
  });
}

function decideTransfer(book: Book, row: TransferRow, timestamp: bigint): TransferResultCode {
  if ((row.flags & reservedBits.flag) !== 0) return 'reserved_flag';
  if (row.id === nilId) return 'id_must_not_be_zero';
  if (row.id === topId) return 'id_must_not_be_int_max';
  const existing = book.transfers.get(row.id);
  if (existing !== undefined) {
    return compareTransfers({ existing, row, pending: book.transfers.get(row.pendingId) });
  }
  if (book.failed.has(row.id)) return 'id_already_failed';
  if ((row.flags & (bits.post_pending_transfer | bits.void_pending_transfer)) !== 0) {
    return decidePostOrVoid(book, row, timestamp);
  }
  return decideForm(row) ?? decideAccounts(book, row, timestamp);
}

/** What can be said of a plain or pending transfer without knowing any account. */
function decideForm(row: TransferRow): TransferResultCode | undefined {
  if (row.debitAccountId === nilId) return 'debit_account_id_must_not_be_zero';
  if (row.debitAccountId === topId) return 'debit_account_id_must_not_be_int_max';
  if (row.creditAccountId === nilId) return 'credit_account_id_must_not_be_zero';
  if (row.creditAccountId === topId) return 'credit_account_id_must_not_be_int_max';
  if (row.debitAccountId === row.creditAccountId) return 'accounts_must_be_different';
  if (row.pendingId !== nilId) return 'pending_id_must_be_zero';
  if ((row.flags & bits.pending) === 0) {
    if (row.timeoutSeconds !== 0) return 'timeout_reserved_for_pending_transfer';
    if ((row.flags & (bits.closing_debit | bits.closing_credit)) !== 0) {
      return 'closing_transfer_must_be_pending';
    }
  }
  if (row.ledger === 0) return 'ledger_must_not_be_zero';
  return row.code === 0 ? 'code_must_not_be_zero' : undefined;
}

function decideAccounts(book: Book, row: TransferRow, timestamp: bigint): TransferResultCode {
  const debit = book.accounts.get(row.debitAccountId);
  if (debit === undefined) return 'debit_account_not_found';
  const credit = book.accounts.get(row.creditAccountId);
  if (credit === undefined) return 'credit_account_not_found';
  if (debit.ledger !== credit.ledger) return 'accounts_must_have_the_same_ledger';
  if (row.ledger !== debit.ledger) return 'transfer_must_have_the_same_ledger_as_accounts';
  const sides = { debit, credit };
  const misplaced = decideImported(book, row, sides);
  if (misplaced !== undefined) return misplaced;
  if (debit.closed) return 'debit_account_already_closed';
  if (credit.closed) return 'credit_account_already_closed';
  const amount = balance(row, sides);
  const refusal = decideOverflow({ ...row, amount, timestamp }, sides) ?? decideLimits(amount, sides);
  if (refusal !== undefined) return refusal;
  enter(book, { ...row, amount, timestamp });
  return 'created';
}

/** spec/ledger.md 5: a balancing transfer moves what its amount and the account's own balance allow. */
function balance(row: TransferRow, { debit, credit }: Sides): bigint {
  let amount = row.amount;
  if ((row.flags & bits.balancing_debit) !== 0) {
    amount = atMost(amount, debit.creditsPosted - debit.debitsPosted - debit.debitsPending);
  }
  if ((row.flags & bits.balancing_credit) !== 0) {
    amount = atMost(amount, credit.debitsPosted - credit.creditsPosted - credit.creditsPending);
  }
  return amount;
}

function atMost(amount: bigint, room: bigint): bigint {
  if (room <= 0n) return 0n;
  return amount < room ? amount : room;
}

function decideOverflow(row: TransferRow, { debit, credit }: Sides): TransferResultCode | undefined {
  const { amount } = row;
  if ((row.flags & bits.pending) !== 0) {
    if (amount + debit.debitsPending > amountMax) return 'overflows_debits_pending';
    if (amount + credit.creditsPending > amountMax) return 'overflows_credits_pending';
  }
  if (amount + debit.debitsPosted > amountMax) return 'overflows_debits_posted';
  if (amount + credit.creditsPosted > amountMax) return 'overflows_credits_posted';
  if (amount + debit.debitsPending + debit.debitsPosted > amountMax) return 'overflows_debits';
  if (amount + credit.creditsPending + credit.creditsPosted > amountMax) return 'overflows_credits';
  const expiresAt = row.timestamp + BigInt(row.timeoutSeconds) * 1_000_000_000n;
  return expiresAt > timestampMax ? 'overflows_timeout' : undefined;
}

function decideLimits(amount: bigint, { debit, credit }: Sides): TransferResultCode | undefined {
  const isDebitLimited = (debit.flags & accountFlagBits.debits_must_not_exceed_credits) !== 0;
  if (isDebitLimited && debit.debitsPending + debit.debitsPosted + amount > debit.creditsPosted) {
    return 'exceeds_credits';
  }
  const isCreditLimited = (credit.flags & accountFlagBits.credits_must_not_exceed_debits) !== 0;
  if (isCreditLimited && credit.creditsPending + credit.creditsPosted + amount > credit.debitsPosted) {
    return 'exceeds_debits';
  }
  return undefined;
}
