export {
  type Account,
  type AccountFlag,
  type AccountResult,
  type AccountResultCode,
  accountResults,
  type NewAccount,
} from './account.ts';
export { LedgerError, type LedgerErrorCode } from './errors.ts';
export { createLedger, type Ledger, type LedgerOptions } from './ledger.ts';
export { ledgerMigrations } from './migrations.ts';
export type { Queryable } from './store.ts';
export {
  amountMax,
  type NewTransfer,
  type Transfer,
  type TransferFlag,
  type TransferResult,
  type TransferResultCode,
  transferResults,
} from './transfer.ts';
