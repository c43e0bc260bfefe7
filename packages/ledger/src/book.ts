import type { ImportedState } from './decide-accounts.ts';
import { transferFlagBits as bits, type TransferResultCode, type TransferRow } from './transfer.ts';

/** An account while a batch is decided; it is locked in the database meanwhile. */
export interface BookAccount {
  readonly id: string;
  readonly ledger: number;
  readonly flags: number;
  readonly timestamp: bigint;
  closed: boolean;
  debitsPending: bigint;
  debitsPosted: bigint;
  creditsPending: bigint;
  creditsPosted: bigint;
}

/** How a pending transfer ended. */
export type Outcome = 'posted' | 'voided' | 'expired';

/** What deciding transfers has to know of the ledger. */
export interface TransfersState {
  readonly accounts: Map<string, BookAccount>;
  readonly transfers: Map<string, TransferRow>;
  readonly outcomes: Map<string, Outcome>;
  readonly failed: Set<string>;
  readonly imported: ImportedState | undefined;
}

/**
 * The working state of one batch: what the database knew, what was decided since, and how to take it back.
 */
export interface Book extends TransfersState {
  readonly created: TransferRow[];
  readonly failures: { readonly id: string; readonly result: TransferResultCode }[];
  readonly changed: Set<BookAccount>;
  importedMax: bigint;
  undo: (() => void)[] | undefined;
}

export function openBook(state: TransfersState): Book {
  return {
    ...state,
    created: [],
    failures: [],
    changed: new Set(),
    importedMax: state.imported?.transferMax ?? 0n,
    undo: undefined,
  };
}

/** Writes an accepted transfer (and, when it ends a pending one, that end) into the book. */
export function enter(book: Book, transfer: TransferRow, pending?: TransferRow): void {
  const debit = book.accounts.get(transfer.debitAccountId);
  const credit = book.accounts.get(transfer.creditAccountId);
  if (debit === undefined || credit === undefined) throw new Error('a transfer without its accounts');
  if (book.undo !== undefined) rememberBefore(book, book.undo, { transfer, debit, credit });
  book.changed.add(debit).add(credit);
  book.created.push(transfer);
  book.transfers.set(transfer.id, transfer);
  if ((transfer.flags & bits.imported) !== 0) book.importedMax = transfer.timestamp;
  if (pending === undefined) {
    move(transfer, debit, credit);
    return;
  }
  const isPost = (transfer.flags & bits.post_pending_transfer) !== 0;
  book.outcomes.set(pending.id, isPost ? 'posted' : 'voided');
  debit.debitsPending -= pending.amount;
  credit.creditsPending -= pending.amount;
  if (isPost) {
    debit.debitsPosted += transfer.amount;
    credit.creditsPosted += transfer.amount;
    return;
  }
  if ((pending.flags & bits.closing_debit) !== 0) debit.closed = false;
  if ((pending.flags & bits.closing_credit) !== 0) credit.closed = false;
}

function move(transfer: TransferRow, debit: BookAccount, credit: BookAccount): void {
  if ((transfer.flags & bits.pending) !== 0) {
    debit.debitsPending += transfer.amount;
    credit.creditsPending += transfer.amount;
  } else {
    debit.debitsPosted += transfer.amount;
    credit.creditsPosted += transfer.amount;
  }
  if ((transfer.flags & bits.closing_debit) !== 0) debit.closed = true;
  if ((transfer.flags & bits.closing_credit) !== 0) credit.closed = true;
}

function rememberBefore(
  book: Book,
  undo: (() => void)[],
  entry: { readonly transfer: TransferRow; readonly debit: BookAccount; readonly credit: BookAccount },
): void {
  const debit = { ...entry.debit };
  const credit = { ...entry.credit };
  const importedMax = book.importedMax;
  undo.push(() => {
    Object.assign(entry.debit, debit);
    Object.assign(entry.credit, credit);
    book.created.pop();
    book.transfers.delete(entry.transfer.id);
    book.outcomes.delete(entry.transfer.pendingId);
    book.importedMax = importedMax;
  });
}
