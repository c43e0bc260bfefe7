/** What an account may be told to keep to; `closed` makes it refuse transfers from its first day. */
export type AccountFlag =
  | 'linked'
  | 'debits_must_not_exceed_credits'
  | 'credits_must_not_exceed_debits'
  | 'imported'
  | 'closed';

/**
 * An account to create. Ids are UUIDs in text; the four balances are there only to be refused when not zero.
 */
export interface NewAccount {
  readonly id: string;
  /** Accounts of one ledger (say, one currency) can exchange money. 1 to 2^31 - 1. */
  readonly ledger: number;
  /** What kind of account this is, in the caller's words. 1 to 2^31 - 1. */
  readonly code: number;
  readonly flags?: readonly AccountFlag[];
  readonly userData128?: string;
  readonly userData64?: bigint;
  readonly userData32?: number;
  readonly debitsPending?: bigint;
  readonly debitsPosted?: bigint;
  readonly creditsPending?: bigint;
  readonly creditsPosted?: bigint;
  /** Nanoseconds since 1970; only with the flag `imported`. */
  readonly timestamp?: bigint;
}

/** An account as it stands. Balances are in minor units and never negative. */
export interface Account {
  readonly id: string;
  readonly ledger: number;
  readonly code: number;
  /** The flags it was created with. */
  readonly flags: readonly AccountFlag[];
  /** Whether it refuses transfers now. */
  readonly closed: boolean;
  readonly debitsPending: bigint;
  readonly debitsPosted: bigint;
  readonly creditsPending: bigint;
  readonly creditsPosted: bigint;
  readonly userData128: string;
  readonly userData64: bigint;
  readonly userData32: number;
  readonly timestamp: bigint;
}

/**
 * Every result of one row of `createAccounts`, in order of precedence: the first that applies is returned.
 */
export const accountResults = [
  'created',
  'linked_event_failed',
  'linked_event_chain_open',
  'imported_event_expected',
  'imported_event_not_expected',
  'timestamp_must_be_zero',
  'imported_event_timestamp_out_of_range',
  'imported_event_timestamp_must_not_advance',
  'reserved_field',
  'reserved_flag',
  'id_must_not_be_zero',
  'id_must_not_be_int_max',
  'exists_with_different_flags',
  'exists_with_different_user_data_128',
  'exists_with_different_user_data_64',
  'exists_with_different_user_data_32',
  'exists_with_different_ledger',
  'exists_with_different_code',
  'exists',
  'flags_are_mutually_exclusive',
  'debits_pending_must_be_zero',
  'debits_posted_must_be_zero',
  'credits_pending_must_be_zero',
  'credits_posted_must_be_zero',
  'ledger_must_not_be_zero',
  'code_must_not_be_zero',
  'imported_event_timestamp_must_not_regress',
] as const;

/** What became of one row of `createAccounts`. */
export type AccountResultCode = (typeof accountResults)[number];

/** One answer per row, in the order of the rows. */
export interface AccountResult {
  readonly id: string;
  readonly result: AccountResultCode;
}

/** An account row in the form the core works on: flags as bits, everything present. */
export interface AccountRow {
  readonly id: string;
  readonly ledger: number;
  readonly code: number;
  readonly flags: number;
  readonly userData128: string;
  readonly userData64: bigint;
  readonly userData32: number;
  readonly timestamp: bigint;
}

export const accountFlagBits: Readonly<Record<AccountFlag, number>> = {
  linked: 1,
  debits_must_not_exceed_credits: 2,
  credits_must_not_exceed_debits: 4,
  imported: 16,
  closed: 32,
};
