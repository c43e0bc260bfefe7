import { type AccountResultCode, type AccountRow, accountFlagBits as bits } from './account.ts';
import { decideEvents } from './events.ts';
import { nilId, reservedBits, topId } from './rows.ts';

/** What creating accounts has to know of the ledger. */
export interface AccountsState {
  /** The accounts that exist among the ids asked for. */
  readonly accounts: Map<string, AccountRow>;
  readonly imported: ImportedState | undefined;
}

/** The instants that imported rows must come after or keep clear of. */
export interface ImportedState {
  readonly accountMax: bigint;
  readonly transferMax: bigint;
  readonly accountTimestamps: ReadonlySet<bigint>;
  readonly transferTimestamps: ReadonlySet<bigint>;
}

/** Decides one call of `createAccounts`; the accounts to write are added to `state.accounts` and returned. */
export function decideAccounts(
  state: AccountsState,
  rows: readonly AccountRow[],
  now: bigint,
): { readonly results: readonly AccountResultCode[]; readonly created: readonly AccountRow[] } {
  const created: AccountRow[] = [];
  let chainStart = 0;
  let importedMax = state.imported?.accountMax ?? 0n;
  let chainImportedMax = importedMax;
  const results = decideEvents<AccountRow, AccountResultCode>(rows, now, {
    importedBit: bits.imported,
    decide(row, timestamp) {
      const refusal = decideAccount(state, row, importedMax);
      if (refusal !== undefined) return refusal;
      const account = { ...row, timestamp };
      state.accounts.set(row.id, account);
      created.push(account);
      if ((row.flags & bits.imported) !== 0) importedMax = timestamp;
      return 'created';
    },
    openChain() {
      chainStart = created.length;
      chainImportedMax = importedMax;
    },
    undoChain() {
      for (const account of created.splice(chainStart)) state.accounts.delete(account.id);
      importedMax = chainImportedMax;
    },
    keepChain() {},
    failed() {},
  });
  return { results, created };
}

function decideAccount(
  state: AccountsState,
  row: AccountRow,
  importedMax: bigint,
): AccountResultCode | undefined {
  if ((row.flags & reservedBits.field) !== 0) return 'reserved_field';
  if ((row.flags & reservedBits.flag) !== 0) return 'reserved_flag';
  if (row.id === nilId) return 'id_must_not_be_zero';
  if (row.id === topId) return 'id_must_not_be_int_max';
  const existing = state.accounts.get(row.id);
  if (existing !== undefined) return compareAccounts(existing, row);
  const limits = bits.debits_must_not_exceed_credits | bits.credits_must_not_exceed_debits;
  if ((row.flags & limits) === limits) return 'flags_are_mutually_exclusive';
  if ((row.flags & reservedBits.debitsPending) !== 0) return 'debits_pending_must_be_zero';
  if ((row.flags & reservedBits.debitsPosted) !== 0) return 'debits_posted_must_be_zero';
  if ((row.flags & reservedBits.creditsPending) !== 0) return 'credits_pending_must_be_zero';
  if ((row.flags & reservedBits.creditsPosted) !== 0) return 'credits_posted_must_be_zero';
  if (row.ledger === 0) return 'ledger_must_not_be_zero';
  if (row.code === 0) return 'code_must_not_be_zero';
  const imported = state.imported;
  if (imported !== undefined && (row.flags & bits.imported) !== 0) {
    const isTaken = imported.transferTimestamps.has(row.timestamp);
    if (isTaken || row.timestamp <= importedMax) return 'imported_event_timestamp_must_not_regress';
  }
  return undefined;
}

function compareAccounts(existing: AccountRow, row: AccountRow): AccountResultCode {
  if (existing.flags !== (row.flags & reservedBits.none)) return 'exists_with_different_flags';
  if (existing.userData128 !== row.userData128) return 'exists_with_different_user_data_128';
  if (existing.userData64 !== row.userData64) return 'exists_with_different_user_data_64';
  if (existing.userData32 !== row.userData32) return 'exists_with_different_user_data_32';
  if (existing.ledger !== row.ledger) return 'exists_with_different_ledger';
  return existing.code === row.code ? 'exists' : 'exists_with_different_code';
}
