import type { Book } from './book.ts';
import { encodeIds, encodeSparseIds } from './encode-ids.ts';
import { nilId } from './rows.ts';
import type { TransferRow } from './transfer.ts';

/** An array parameter in PostgreSQL's text form; nothing in it needs quoting. */
export type SqlArray = string | null;

/** `{1,2,3}`. Values are ids, numbers and booleans that were checked before, so they hold no delimiter. */
export function encodeArray<Row>(rows: readonly Row[], value: (row: Row) => unknown): string {
  let text = '{';
  for (let index = 0; index < rows.length; index += 1) {
    if (index > 0) text += ',';
    text += value(rows[index] as Row) ?? 'null';
  }
  return `${text}}`;
}

/** Like `encodeArray`, but null when every value is left out: `unnest` fills such a column with nulls. */
export function encodeSparse<Row>(rows: readonly Row[], value: (row: Row) => unknown): SqlArray {
  return rows.some((row) => value(row) !== null) ? encodeArray(rows, value) : null;
}

/** One element when all rows have the same value, else one each. */
export function encodeUniform<Row>(rows: readonly Row[], value: (row: Row) => number): string {
  const [first] = rows;
  if (first === undefined) return '{}';
  const only = value(first);
  return rows.every((row) => value(row) === only) ? `{${only}}` : encodeArray(rows, value);
}

export const numberOrNull = (value: number) => (value === 0 ? null : value);
export const data64 = (value: bigint) => (value === 0n ? null : BigInt.asIntN(64, value));
// Stored as a signed 32-bit integer.
export const data32 = (value: number) => (value === 0 ? null : value | 0);

/** The lowest and highest of the ids and pending ids, between which all the transfers a batch names lie. */
export function idRange(rows: readonly TransferRow[]): readonly [string, string] {
  let low = rows[0]?.id ?? nilId;
  let high = low;
  for (const { id, pendingId } of rows) {
    if (id < low) low = id;
    if (id > high) high = id;
    if (pendingId === nilId) continue;
    if (pendingId < low) low = pendingId;
    if (pendingId > high) high = pendingId;
  }
  return [low, high];
}

/** The parameters of `ledger.load_transfers`. */
export function encodeLoad(rows: readonly TransferRow[]): readonly unknown[] {
  const accounts = new Set<string>();
  for (const row of rows) accounts.add(row.debitAccountId).add(row.creditAccountId);
  const pendings = rows.filter((row) => row.pendingId !== nilId);
  return [
    encodeIds(rows, (row) => row.id),
    encodeIds(pendings, (row) => row.pendingId),
    encodeIds([...accounts], (id) => id),
    ...idRange(rows),
  ];
}

/** The parameters of `ledger.write_transfers`. */
export function encodeWrite(book: Book, now: bigint): readonly unknown[] {
  const { created, failures } = book;
  const accounts = [...book.changed];
  return [
    encodeIds(created, (row) => row.id),
    encodeIds(created, (row) => row.debitAccountId),
    encodeIds(created, (row) => row.creditAccountId),
    encodeArray(created, (row) => row.amount),
    encodeSparseIds(created, (row) => row.pendingId),
    encodeSparseIds(created, (row) => row.userData128),
    encodeSparse(created, (row) => data64(row.userData64)),
    encodeSparse(created, (row) => data32(row.userData32)),
    encodeSparse(created, (row) => numberOrNull(row.timeoutSeconds)),
    encodeArray(created, (row) => row.ledger),
    encodeArray(created, (row) => row.code),
    encodeArray(created, (row) => row.flags),
    encodeArray(created, (row) => row.timestamp),
    encodeIds(failures, (row) => row.id),
    encodeArray(failures, (row) => row.result),
    now,
    encodeIds(accounts, (row) => row.id),
    encodeArray(accounts, (row) => row.closed),
    encodeArray(accounts, (row) => row.debitsPending),
    encodeArray(accounts, (row) => row.debitsPosted),
    encodeArray(accounts, (row) => row.creditsPending),
    encodeArray(accounts, (row) => row.creditsPosted),
  ];
}
