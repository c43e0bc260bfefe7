import { type AccountFlag, type AccountRow, accountFlagBits, type NewAccount } from './account.ts';
import { LedgerError, type LedgerErrorCode } from './errors.ts';
import {
  amountMax,
  type NewTransfer,
  type TransferFlag,
  type TransferRow,
  transferFlagBits,
} from './transfer.ts';

/** The id no row may have, and what an absent id reads as. */
export const nilId = '00000000-0000-0000-0000-000000000000';
/** The other id no row may have. */
export const topId = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Bits above the flags, for what a row carries and must not. They are never stored. */
export const reservedBits = {
  none: 0xffff,
  flag: 1 << 16,
  field: 1 << 17,
  debitsPending: 1 << 18,
  debitsPosted: 1 << 19,
  creditsPending: 1 << 20,
  creditsPosted: 1 << 21,
} as const;

/** @throws LedgerError when an id, number or amount is one that no ledger could hold. */
export function parseAccount(account: NewAccount, index: number): AccountRow {
  let flags = 0;
  for (const flag of account.flags ?? []) {
    flags |= Object.hasOwn(accountFlagBits, flag) ? accountFlagBits[flag] : reservedBits.flag;
  }
  if (account.debitsPending) flags |= reservedBits.debitsPending;
  if (account.debitsPosted) flags |= reservedBits.debitsPosted;
  if (account.creditsPending) flags |= reservedBits.creditsPending;
  if (account.creditsPosted) flags |= reservedBits.creditsPosted;
  for (const field in account) {
    if (!accountFields.has(field)) flags |= reservedBits.field;
  }
  return {
    id: parseId(account.id, index, 'id'),
    ledger: parseNumber(account.ledger, integerMax, index, 'ledger'),
    code: parseNumber(account.code, integerMax, index, 'code'),
    flags,
    userData128: parseId(account.userData128 ?? nilId, index, 'userData128'),
    userData64: parseUserData64(account.userData64, index),
    userData32: parseNumber(account.userData32 ?? 0, 0xffffffff, index, 'userData32'),
    timestamp: account.timestamp ?? 0n,
  };
}

/** @throws LedgerError when an id, number or amount is one that no ledger could hold. */
export function parseTransfer(transfer: NewTransfer, index: number): TransferRow {
  let flags = 0;
  for (const flag of transfer.flags ?? []) {
    flags |= Object.hasOwn(transferFlagBits, flag) ? transferFlagBits[flag] : reservedBits.flag;
  }
  const amount = transfer.amount ?? ((flags & transferFlagBits.post_pending_transfer) !== 0 ? amountMax : 0n);
  if (typeof amount !== 'bigint' || amount < 0n || amount > amountMax) {
    throw refusal(
      'LEDGER_AMOUNT_OUT_OF_RANGE',
      'amount is not a bigint from 0 to 2^128 - 1',
      index,
      'amount',
    );
  }
  const timeoutSeconds = transfer.timeoutSeconds ?? 0;
  if (!Number.isInteger(timeoutSeconds) || timeoutSeconds < 0 || timeoutSeconds > integerMax) {
    throw refusal(
      'LEDGER_TIMEOUT_OUT_OF_RANGE',
      'timeout is not a whole number of seconds',
      index,
      'timeoutSeconds',
    );
  }
  return {
    id: parseId(transfer.id, index, 'id'),
    debitAccountId: parseId(transfer.debitAccountId ?? nilId, index, 'debitAccountId'),
    creditAccountId: parseId(transfer.creditAccountId ?? nilId, index, 'creditAccountId'),
    amount,
    pendingId: parseId(transfer.pendingId ?? nilId, index, 'pendingId'),
    timeoutSeconds,
    ledger: parseNumber(transfer.ledger ?? 0, integerMax, index, 'ledger'),
    code: parseNumber(transfer.code ?? 0, integerMax, index, 'code'),
    flags,
    userData128: parseId(transfer.userData128 ?? nilId, index, 'userData128'),
    userData64: parseUserData64(transfer.userData64, index),
    userData32: parseNumber(transfer.userData32 ?? 0, 0xffffffff, index, 'userData32'),
    timestamp: transfer.timestamp ?? 0n,
  };
}

/** A UUID in lower case. @throws LedgerError LEDGER_ID_MALFORMED */
export function parseId(id: string, index: number, field: string): string {
  if (lowerId.test(id)) return id;
  if (typeof id === 'string' && lowerId.test(id.toLowerCase())) return id.toLowerCase();
  throw refusal('LEDGER_ID_MALFORMED', 'not a UUID in text', index, field);
}

export function accountFlags(flags: number): readonly AccountFlag[] {
  return (Object.keys(accountFlagBits) as AccountFlag[]).filter(
    (flag) => (flags & accountFlagBits[flag]) !== 0,
  );
}

export function transferFlags(flags: number): readonly TransferFlag[] {
  return (Object.keys(transferFlagBits) as TransferFlag[]).filter(
    (flag) => (flags & transferFlagBits[flag]) !== 0,
  );
}

const integerMax = 0x7fffffff;
const lowerId = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const accountFields: ReadonlySet<string> = new Set([
  'id',
  'ledger',
  'code',
  'flags',
  'userData128',
  'userData64',
  'userData32',
  'debitsPending',
  'debitsPosted',
  'creditsPending',
  'creditsPosted',
  'timestamp',
]);

function parseNumber(value: number, max: number, index: number, field: string): number {
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw refusal('LEDGER_NUMBER_OUT_OF_RANGE', `not a whole number from 0 to ${max}`, index, field);
}

function parseUserData64(value: bigint | undefined, index: number): bigint {
  if (value === undefined) return 0n;
  if (typeof value === 'bigint' && value >= 0n && value < 1n << 64n) return value;
  throw refusal('LEDGER_NUMBER_OUT_OF_RANGE', 'not a bigint from 0 to 2^64 - 1', index, 'userData64');
}

function refusal(code: LedgerErrorCode, message: string, index: number, field: string): LedgerError {
  return new LedgerError(code, `row ${index}: ${field}: ${message}`, { path: `/${index}/${field}` });
}
