/** What a transfer does beside moving its amount; `spec/ledger.md` has a section on each. */
export type TransferFlag =
  | 'linked'
  | 'pending'
  | 'post_pending_transfer'
  | 'void_pending_transfer'
  | 'balancing_debit'
  | 'balancing_credit'
  | 'closing_debit'
  | 'closing_credit'
  | 'imported';

/** The largest amount, 2^128 - 1. Posting or balancing "up to" it means "as much as there is". */
export const amountMax = 340282366920938463463374607431768211455n;

/** A transfer to create: one debit, one credit, one amount, in minor units of the accounts' ledger. */
export interface NewTransfer {
  /** A UUID in text. Use UUIDv7: the day in it says where the row is kept. */
  readonly id: string;
  /** May be left out when posting or voiding: the pending transfer's is taken. */
  readonly debitAccountId?: string;
  /** May be left out when posting or voiding: the pending transfer's is taken. */
  readonly creditAccountId?: string;
  /** 0 to 2^128 - 1. Left out: all of the pending transfer when posting or voiding, 0 otherwise. */
  readonly amount?: bigint;
  /** The pending transfer to post or void. */
  readonly pendingId?: string;
  /** Seconds after which a pending transfer expires; 0 or left out: never. */
  readonly timeoutSeconds?: number;
  readonly ledger?: number;
  readonly code?: number;
  readonly flags?: readonly TransferFlag[];
  readonly userData128?: string;
  readonly userData64?: bigint;
  readonly userData32?: number;
  /** Nanoseconds since 1970; only with the flag `imported`. */
  readonly timestamp?: bigint;
}

/** A transfer as it was written; it never changes. */
export interface Transfer {
  readonly id: string;
  readonly debitAccountId: string;
  readonly creditAccountId: string;
  /** What it moved or reserved, after balancing or a partial post. */
  readonly amount: bigint;
  readonly pendingId: string | undefined;
  readonly timeoutSeconds: number;
  readonly ledger: number;
  readonly code: number;
  readonly flags: readonly TransferFlag[];
  readonly userData128: string;
  readonly userData64: bigint;
  readonly userData32: number;
  readonly timestamp: bigint;
}

/**
 * Every result of one row of `createTransfers`, in order of precedence: the first that applies is returned.
 */
export const transferResults = [
  'created',
  'linked_event_failed',
  'linked_event_chain_open',
  'imported_event_expected',
  'imported_event_not_expected',
  'timestamp_must_be_zero',
  'imported_event_timestamp_out_of_range',
  'imported_event_timestamp_must_not_advance',
  'reserved_flag',
  'id_must_not_be_zero',
  'id_must_not_be_int_max',
  'exists_with_different_flags',
  'exists_with_different_pending_id',
  'exists_with_different_timeout',
  'exists_with_different_debit_account_id',
  'exists_with_different_credit_account_id',
  'exists_with_different_amount',
  'exists_with_different_user_data_128',
  'exists_with_different_user_data_64',
  'exists_with_different_user_data_32',
  'exists_with_different_ledger',
  'exists_with_different_code',
  'exists',
  'id_already_failed',
  'flags_are_mutually_exclusive',
  'debit_account_id_must_not_be_zero',
  'debit_account_id_must_not_be_int_max',
  'credit_account_id_must_not_be_zero',
  'credit_account_id_must_not_be_int_max',
  'accounts_must_be_different',
  'pending_id_must_be_zero',
  'pending_id_must_not_be_zero',
  'pending_id_must_not_be_int_max',
  'pending_id_must_be_different',
  'timeout_reserved_for_pending_transfer',
  'closing_transfer_must_be_pending',
  'ledger_must_not_be_zero',
  'code_must_not_be_zero',
  'debit_account_not_found',
  'credit_account_not_found',
  'accounts_must_have_the_same_ledger',
  'transfer_must_have_the_same_ledger_as_accounts',
  'pending_transfer_not_found',
  'pending_transfer_not_pending',
  'pending_transfer_has_different_debit_account_id',
  'pending_transfer_has_different_credit_account_id',
  'pending_transfer_has_different_ledger',
  'pending_transfer_has_different_code',
  'exceeds_pending_transfer_amount',
  'pending_transfer_has_different_amount',
  'pending_transfer_already_posted',
  'pending_transfer_already_voided',
  'pending_transfer_expired',
  'imported_event_timestamp_must_not_regress',
  'imported_event_timestamp_must_postdate_debit_account',
  'imported_event_timestamp_must_postdate_credit_account',
  'imported_event_timeout_must_be_zero',
  'debit_account_already_closed',
  'credit_account_already_closed',
  'overflows_debits_pending',
  'overflows_credits_pending',
  'overflows_debits_posted',
  'overflows_credits_posted',
  'overflows_debits',
  'overflows_credits',
  'overflows_timeout',
  'exceeds_credits',
  'exceeds_debits',
] as const;

/** What became of one row of `createTransfers`. */
export type TransferResultCode = (typeof transferResults)[number];

/** One answer per row, in the order of the rows. */
export interface TransferResult {
  readonly id: string;
  readonly result: TransferResultCode;
}

/** A reason that may pass, so the id is remembered: asked again, it gets `id_already_failed`. */
export function isPassing(result: TransferResultCode): boolean {
  return passing.has(result);
}

const passing: ReadonlySet<TransferResultCode> = new Set([
  'debit_account_not_found',
  'credit_account_not_found',
  'pending_transfer_not_found',
  'exceeds_credits',
  'exceeds_debits',
  'debit_account_already_closed',
  'credit_account_already_closed',
]);

/** A transfer row in the form the core works on: flags as bits, ids in lower case, everything present. */
export interface TransferRow {
  readonly id: string;
  readonly debitAccountId: string;
  readonly creditAccountId: string;
  readonly amount: bigint;
  readonly pendingId: string;
  readonly timeoutSeconds: number;
  readonly ledger: number;
  readonly code: number;
  readonly flags: number;
  readonly userData128: string;
  readonly userData64: bigint;
  readonly userData32: number;
  readonly timestamp: bigint;
}

export const transferFlagBits: Readonly<Record<TransferFlag, number>> = {
  linked: 1,
  pending: 2,
  post_pending_transfer: 4,
  void_pending_transfer: 8,
  balancing_debit: 16,
  balancing_credit: 32,
  closing_debit: 64,
  closing_credit: 128,
  imported: 256,
};
