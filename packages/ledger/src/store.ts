import type pg from 'pg';
import type { Account, AccountRow } from './account.ts';
import type { Book, BookAccount, Outcome, TransfersState } from './book.ts';
import type { ImportedState } from './decide-accounts.ts';
import { data32, data64, encodeArray, encodeLoad, encodeWrite } from './encode.ts';
import { encodeIds, encodeSparseIds } from './encode-ids.ts';
import { LedgerError } from './errors.ts';
import { accountFlags, nilId, transferFlags } from './rows.ts';
import { type Transfer, type TransferRow, transferFlagBits } from './transfer.ts';

/** A connection of the caller's, inside a transaction of the caller's. */
export type Queryable = Pick<pg.ClientBase, 'query'>;

/** Posts a batch of plain rows. Undefined when all were created; else what deciding them needs, locked. */
export async function createPlainTransfers(
  client: Queryable,
  parameters: readonly unknown[],
): Promise<TransfersState | undefined> {
  const answer = await client
    .query<{ state: LoadedState | null }>({
      name: 'ledger-create-transfers',
      text: `select ledger.create_transfers(${placeholders(31)}) as state`,
      values: [...parameters],
    })
    .catch(refuseIsolation);
  const state = answer.rows[0]?.state;
  return state ? readState(state, undefined) : undefined;
}

/**
 * Posts a batch of plain rows or fails the transaction; without parameters it fails. A statement is sent
 * before this returns, whatever the parameters are.
 */
export async function createAllPlainTransfers(
  client: Queryable,
  parameters: readonly unknown[] | undefined,
): Promise<void> {
  const sent =
    parameters === undefined
      ? client.query("select ledger.assert_all_created('{}')")
      : client.query({
          name: 'ledger-create-all-transfers',
          text: `select ledger.assert_all_created(ledger.create_transfers(${placeholders(31)}))`,
          values: [...parameters],
        });
  await sent.catch(refuseIsolation).catch(refuseIncomplete);
}

/** Locks what the rows name and reads what deciding them needs. */
export async function loadTransfers(
  client: Queryable,
  rows: readonly TransferRow[],
): Promise<TransfersState> {
  const importedAt = rows.filter((row) => (row.flags & transferFlagBits.imported) !== 0);
  const imported = importedAt.length === 0 ? undefined : await loadImported(client, importedAt);
  const answer = await client
    .query<{ state: LoadedState }>({
      name: 'ledger-load-transfers',
      text: 'select ledger.load_transfers($1, $2, $3, $4, $5) as state',
      values: [...encodeLoad(rows)],
    })
    .catch(refuseIsolation);
  const loaded = answer.rows[0];
  if (loaded === undefined) throw new Error('ledger.load_transfers returned nothing');
  return readState(loaded.state, imported);
}

/** Writes what was decided. False: another writer used one of the ids meanwhile and nothing was written. */
export async function writeTransfers(client: Queryable, book: Book, now: bigint): Promise<boolean> {
  if (book.created.length === 0 && book.failures.length === 0) return true;
  const answer = await client.query<{ written: boolean }>({
    name: 'ledger-write-transfers',
    text: `select ledger.write_transfers(${placeholders(22)}) as written`,
    values: [...encodeWrite(book, now)],
  });
  return answer.rows[0]?.written === true;
}

export async function loadImported(
  client: Queryable,
  rows: readonly { readonly timestamp: bigint }[],
): Promise<ImportedState> {
  const inRange = rows.filter((row) => row.timestamp < 1n << 63n);
  const answer = await client.query<{ state: LoadedImports }>('select ledger.load_imported($1) as state', [
    encodeArray(inRange, (row) => row.timestamp),
  ]);
  const state = answer.rows[0]?.state;
  return {
    accountMax: BigInt(state?.accountMax ?? 0),
    transferMax: BigInt(state?.transferMax ?? 0),
    accountTimestamps: new Set((state?.accounts ?? []).map(BigInt)),
    transferTimestamps: new Set((state?.transfers ?? []).map(BigInt)),
  };
}

const accountColumns = `id, ledger, code, flags, closed, debits_pending, debits_posted, credits_pending,
  credits_posted, user_data_128, user_data_64, user_data_32, timestamp`;

interface AccountRecord {
  readonly id: string;
  readonly ledger: number;
  readonly code: number;
  readonly flags: number;
  readonly closed: boolean;
  readonly debits_pending: string;
  readonly debits_posted: string;
  readonly credits_pending: string;
  readonly credits_posted: string;
  readonly user_data_128: string | null;
  readonly user_data_64: string | null;
  readonly user_data_32: number | null;
  readonly timestamp: string;
}

export async function findAccounts(client: Queryable, ids: readonly string[]): Promise<readonly Account[]> {
  const answer = await client.query<AccountRecord>({
    name: 'ledger-find-accounts',
    text: `select ${accountColumns} from ledger.accounts where id = any($1)`,
    values: [encodeIds(ids, (id) => id)],
  });
  return inOrder(ids, answer.rows, (row) => ({
    id: row.id,
    ledger: row.ledger,
    code: row.code,
    flags: accountFlags(row.flags),
    closed: row.closed,
    debitsPending: BigInt(row.debits_pending),
    debitsPosted: BigInt(row.debits_posted),
    creditsPending: BigInt(row.credits_pending),
    creditsPosted: BigInt(row.credits_posted),
    ...readUserData(row.user_data_128, row.user_data_64, row.user_data_32),
    timestamp: BigInt(row.timestamp),
  }));
}

export async function loadAccountRows(
  client: Queryable,
  ids: readonly string[],
): Promise<Map<string, AccountRow>> {
  const answer = await client.query<AccountRecord>({
    name: 'ledger-find-accounts',
    text: `select ${accountColumns} from ledger.accounts where id = any($1)`,
    values: [encodeIds(ids, (id) => id)],
  });
  return new Map(
    answer.rows.map((row) => [
      row.id,
      {
        id: row.id,
        ledger: row.ledger,
        code: row.code,
        flags: row.flags,
        ...readUserData(row.user_data_128, row.user_data_64, row.user_data_32),
        timestamp: BigInt(row.timestamp),
      },
    ]),
  );
}

/** False: another writer created one of them meanwhile and nothing was written. */
export async function writeAccounts(client: Queryable, rows: readonly AccountRow[]): Promise<boolean> {
  if (rows.length === 0) return true;
  const answer = await client.query<{ written: boolean }>(
    `select ledger.write_accounts(${placeholders(8)}) as written`,
    [
      encodeIds(rows, (row) => row.id),
      encodeArray(rows, (row) => row.ledger),
      encodeArray(rows, (row) => row.code),
      encodeArray(rows, (row) => row.flags),
      encodeSparseIds(rows, (row) => row.userData128),
      encodeArray(rows, (row) => data64(row.userData64)),
      encodeArray(rows, (row) => data32(row.userData32)),
      encodeArray(rows, (row) => row.timestamp),
    ],
  );
  return answer.rows[0]?.written === true;
}

export async function findTransfers(client: Queryable, ids: readonly string[]): Promise<readonly Transfer[]> {
  const sorted = [...ids].sort();
  const answer = await client.query<{ transfer: LoadedTransfer }>({
    name: 'ledger-find-transfers',
    text: `select json_build_array(id, debit_account_id, credit_account_id, amount::text, pending_id,
        user_data_128, user_data_64::text, user_data_32, timeout_seconds, ledger, code, flags,
        timestamp::text) as transfer
      from ledger.transfers where id = any($1) and id between $2 and $3`,
    values: [encodeIds(sorted, (id) => id), sorted[0] ?? nilId, sorted.at(-1) ?? nilId],
  });
  const rows = answer.rows.map((row) => readTransfer(row.transfer));
  return inOrder(ids, rows, (row) => ({
    ...row,
    pendingId: row.pendingId === nilId ? undefined : row.pendingId,
    flags: transferFlags(row.flags),
  }));
}

/** Ends what is due. @returns how many entries of the expiry list were taken out. */
export async function expireTransfers(
  client: Queryable,
  due: { readonly now: bigint; readonly rowsMax: number },
): Promise<{ readonly taken: number; readonly expiredIds: readonly string[] }> {
  const answer = await client.query<{ taken: number; expired: readonly string[] }>(
    'select taken, expired from ledger.expire_pending($1, $2)',
    [due.now, due.rowsMax],
  );
  const row = answer.rows[0];
  return { taken: row?.taken ?? 0, expiredIds: row?.expired ?? [] };
}

/** Makes the partitions of coming days. @returns the names of those it made. */
export async function createPartitions(
  client: Queryable,
  days: { readonly from: string; readonly count: number },
): Promise<readonly string[]> {
  const answer = await client.query<{ name: string }>(
    'select name from ledger.create_partitions($1::date, $2) as name',
    [days.from, days.count],
  );
  return answer.rows.map((row) => row.name);
}

type LoadedAccount = readonly [
  string,
  number,
  number,
  number,
  boolean,
  string,
  string,
  string,
  string,
  string,
];

type LoadedTransfer = readonly [
  string,
  string,
  string,
  string,
  string | null,
  string | null,
  string | null,
  number | null,
  number | null,
  number,
  number,
  number,
  string,
];

/** What `ledger.load_transfers` returns. */
interface LoadedState {
  readonly accounts: readonly LoadedAccount[] | null;
  readonly transfers: readonly LoadedTransfer[] | null;
  readonly outcomes: readonly (readonly [string, number])[] | null;
  readonly failed: readonly string[] | null;
}

interface LoadedImports {
  readonly accountMax: string | null;
  readonly transferMax: string | null;
  readonly accounts: readonly string[] | null;
  readonly transfers: readonly string[] | null;
}

function readState(state: LoadedState, imported: ImportedState | undefined): TransfersState {
  return {
    accounts: new Map((state.accounts ?? []).map((row) => [row[0], readBookAccount(row)])),
    transfers: new Map((state.transfers ?? []).map((row) => [row[0], readTransfer(row)])),
    outcomes: new Map((state.outcomes ?? []).map(([id, outcome]) => [id, outcomes[outcome] ?? 'expired'])),
    failed: new Set(state.failed ?? []),
    imported,
  };
}

const outcomes: Readonly<Record<number, Outcome>> = { 1: 'expired', 4: 'posted', 8: 'voided' };

function readBookAccount(row: LoadedAccount): BookAccount {
  const [id, ledger, , flags, closed, debitsPending, debitsPosted, creditsPending, creditsPosted, at] = row;
  return {
    id,
    ledger,
    flags,
    closed,
    debitsPending: BigInt(debitsPending),
    debitsPosted: BigInt(debitsPosted),
    creditsPending: BigInt(creditsPending),
    creditsPosted: BigInt(creditsPosted),
    timestamp: BigInt(at),
  };
}

function readTransfer(row: LoadedTransfer): TransferRow {
  return {
    id: row[0],
    debitAccountId: row[1],
    creditAccountId: row[2],
    amount: BigInt(row[3]),
    pendingId: row[4] ?? nilId,
    ...readUserData(row[5], row[6], row[7]),
    timeoutSeconds: row[8] ?? 0,
    ledger: row[9],
    code: row[10],
    flags: row[11],
    timestamp: BigInt(row[12]),
  };
}

function readUserData(data128: string | null, userData64: string | null, userData32: number | null) {
  return {
    userData128: data128 ?? nilId,
    userData64: BigInt.asUintN(64, BigInt(userData64 ?? 0)),
    userData32: (userData32 ?? 0) >>> 0,
  };
}

function inOrder<Row extends { readonly id: string }, Item>(
  ids: readonly string[],
  rows: readonly Row[],
  read: (row: Row) => Item,
): readonly Item[] {
  const found = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => {
    const row = found.get(id);
    return row === undefined ? [] : [read(row)];
  });
}

function refuseIsolation(cause: unknown): never {
  if (cause instanceof Error && cause.message.startsWith('LEDGER_ISOLATION_UNSUPPORTED')) {
    const message = 'The transaction must be read committed.';
    throw new LedgerError('LEDGER_ISOLATION_UNSUPPORTED', message, { cause });
  }
  throw cause;
}

function refuseIncomplete(cause: unknown): never {
  if (cause instanceof Error && cause.message.startsWith('LEDGER_NOT_ALL_CREATED')) {
    throw new LedgerError('LEDGER_NOT_ALL_CREATED', 'Not every row of the batch is plainly fine.', { cause });
  }
  throw cause;
}

function placeholders(count: number): string {
  return Array.from({ length: count }, (_, index) => `$${index + 1}`).join(', ');
}
