import { data32, data64, encodeArray, encodeSparse, encodeUniform, idRange, numberOrNull } from './encode.ts';
import { encodeIds, encodeSparseIds } from './encode-ids.ts';
import { timestampMax } from './events.ts';
import { nilId, topId } from './rows.ts';
import { amountMax, transferFlagBits as bits, type TransferRow } from './transfer.ts';

interface Change {
  readonly id: string;
  readonly ledger: number;
  debitsPending: bigint;
  debitsPosted: bigint;
  creditsPending: bigint;
  creditsPosted: bigint;
}

/** What transfers and pending transfers do to each account in sum; undefined when their ledgers disagree. */
function sumChanges(rows: readonly TransferRow[]): readonly Change[] | undefined {
  const changes = new Map<string, Change>();
  const find = (id: string, ledger: number) => {
    const known = changes.get(id);
    if (known !== undefined) return known;
    const change = { id, ledger, debitsPending: 0n, debitsPosted: 0n, creditsPending: 0n, creditsPosted: 0n };
    changes.set(id, change);
    return change;
  };
  for (const row of rows) {
    const debit = find(row.debitAccountId, row.ledger);
    const credit = find(row.creditAccountId, row.ledger);
    if (debit.ledger !== row.ledger || credit.ledger !== row.ledger) return undefined;
    if ((row.flags & bits.pending) !== 0) {
      debit.debitsPending += row.amount;
      credit.creditsPending += row.amount;
    } else {
      debit.debitsPosted += row.amount;
      credit.creditsPosted += row.amount;
    }
  }
  return [...changes.values()];
}

/** The parameters of `ledger.create_transfers`; undefined when the batch is not one that it can post. */
export function encodePlain(rows: readonly TransferRow[], now: bigint): readonly unknown[] | undefined {
  const plain: TransferRow[] = [];
  const ending: TransferRow[] = [];
  const named = new Set<string>();
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index] as TransferRow;
    if (isPlain(row, now)) plain.push(row);
    else if (isEnding(row)) ending.push(row);
    else return undefined;
    named.add(row.id);
  }
  for (const row of ending) named.add(row.pendingId);
  // An id that repeats, two ends of one pending transfer, or the end of one made in this very batch.
  if (named.size < rows.length + ending.length) return undefined;
  const changes = sumChanges(plain);
  if (changes === undefined) return undefined;
  return [
    now,
    ...idRange(rows),
    ...encodePlainRows(plain),
    ...encodeChanges(changes),
    ...encodeEnding(ending),
  ];
}

function isPlain(row: TransferRow, now: bigint): boolean {
  return (
    (row.flags === 0 ? row.timeoutSeconds === 0 : row.flags === bits.pending) &&
    isUsable(row.id) &&
    isUsable(row.debitAccountId) &&
    isUsable(row.creditAccountId) &&
    row.debitAccountId !== row.creditAccountId &&
    row.pendingId === nilId &&
    row.ledger !== 0 &&
    row.code !== 0 &&
    row.timestamp === 0n &&
    (row.timeoutSeconds === 0 || isInTime(row, now))
  );
}

function isEnding(row: TransferRow): boolean {
  return (
    (row.flags === bits.post_pending_transfer || row.flags === bits.void_pending_transfer) &&
    isUsable(row.id) &&
    isUsable(row.pendingId) &&
    row.pendingId !== row.id &&
    row.timeoutSeconds === 0 &&
    row.timestamp === 0n
  );
}

/** Well before the end of time, wherever in its batch the row stands. */
function isInTime(row: TransferRow, now: bigint): boolean {
  return now + BigInt(row.timeoutSeconds + 1) * 1_000_000_000n < timestampMax;
}

function isUsable(id: string): boolean {
  return id !== nilId && id !== topId;
}

/** One array a column of `ledger.transfers`; nulls when there are no rows. */
function encodePlainRows(rows: readonly TransferRow[]): readonly unknown[] {
  if (rows.length === 0) return new Array(11).fill(null);
  return [
    encodeIds(rows, (row) => row.id),
    encodeIds(rows, (row) => row.debitAccountId),
    encodeIds(rows, (row) => row.creditAccountId),
    encodeArray(rows, (row) => row.amount),
    encodeSparseIds(rows, (row) => row.userData128),
    encodeSparse(rows, (row) => data64(row.userData64)),
    encodeSparse(rows, (row) => data32(row.userData32)),
    encodeSparse(rows, (row) => numberOrNull(row.timeoutSeconds)),
    encodeUniform(rows, (row) => row.ledger),
    encodeUniform(rows, (row) => row.code),
    encodeUniform(rows, (row) => row.flags),
  ];
}

function encodeChanges(changes: readonly Change[]): readonly unknown[] {
  if (changes.length === 0) return new Array(6).fill(null);
  return [
    encodeIds(changes, (change) => change.id),
    encodeArray(changes, (change) => change.ledger),
    encodeArray(changes, (change) => change.debitsPending),
    encodeArray(changes, (change) => change.debitsPosted),
    encodeArray(changes, (change) => change.creditsPending),
    encodeArray(changes, (change) => change.creditsPosted),
  ];
}

function encodeEnding(rows: readonly TransferRow[]): readonly unknown[] {
  if (rows.length === 0) return new Array(11).fill(null);
  return [
    encodeIds(rows, (row) => row.id),
    encodeSparseIds(rows, (row) => row.debitAccountId),
    encodeSparseIds(rows, (row) => row.creditAccountId),
    encodeArray(rows, amountOrAll),
    encodeIds(rows, (row) => row.pendingId),
    encodeSparseIds(rows, (row) => row.userData128),
    encodeSparse(rows, (row) => data64(row.userData64)),
    encodeSparse(rows, (row) => data32(row.userData32)),
    encodeSparse(rows, (row) => numberOrNull(row.ledger)),
    encodeSparse(rows, (row) => numberOrNull(row.code)),
    encodeUniform(rows, (row) => row.flags),
  ];
}

/** Null stands for all of the pending transfer. */
function amountOrAll(row: TransferRow): bigint | null {
  const all = row.flags === bits.post_pending_transfer ? amountMax : 0n;
  return row.amount === all ? null : row.amount;
}
