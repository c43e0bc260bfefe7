import { type AccountResult, type AccountRow, accountFlagBits } from './account.ts';
import { decideAccounts } from './decide-accounts.ts';
import { decideTransfers } from './decide-transfers.ts';
import { encodePlain } from './encode-plain.ts';
import { LedgerError } from './errors.ts';
import {
  createPlainTransfers,
  loadAccountRows,
  loadImported,
  loadTransfers,
  type Queryable,
  writeAccounts,
  writeTransfers,
} from './store.ts';
import type { TransferResult, TransferRow } from './transfer.ts';

/** How often a batch is decided anew because another writer took one of its ids in between. */
const attemptsMax = 10;

/**
 * Creates the transfers of several calls in one go on a connection inside a transaction. One statement when
 * nothing is out of the ordinary; otherwise the same statement only locks and reads, the rows are decided one
 * by one here, and a second statement writes what was decided.
 */
export async function createTransfers(
  client: Queryable,
  calls: readonly (readonly TransferRow[])[],
  now: bigint,
): Promise<readonly (readonly TransferResult[])[]> {
  const rows = calls.flat();
  const plain = encodePlain(rows, now);
  let state = plain === undefined ? undefined : await createPlainTransfers(client, plain);
  if (plain !== undefined && state === undefined) {
    return calls.map((call) => call.map(({ id }) => ({ id, result: 'created' })));
  }
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    state ??= await loadTransfers(client, rows);
    const { results, book } = decideTransfers(state, calls, now);
    if (await writeTransfers(client, book, now))
      return results.map((codes, call) => answer(calls[call], codes));
    state = undefined;
  }
  throw new LedgerError('LEDGER_CONTENDED', 'other writers kept using the same ids');
}

/** Creates the accounts of one call on a connection inside a transaction. */
export async function createAccounts(
  client: Queryable,
  rows: readonly AccountRow[],
  now: bigint,
): Promise<readonly AccountResult[]> {
  if (rows.length === 0) return [];
  const imports = rows.filter((row) => (row.flags & accountFlagBits.imported) !== 0);
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const imported = imports.length === 0 ? undefined : await loadImported(client, imports);
    const accounts = await loadAccountRows(
      client,
      rows.map((row) => row.id),
    );
    const { results, created } = decideAccounts({ accounts, imported }, rows, now);
    if (await writeAccounts(client, created)) return answer(rows, results);
  }
  throw new LedgerError('LEDGER_CONTENDED', 'other writers kept using the same ids');
}

function answer<Code>(
  rows: readonly { readonly id: string }[] | undefined,
  results: readonly Code[],
): { readonly id: string; readonly result: Code }[] {
  return (rows ?? []).map(({ id }, index) => ({ id, result: results[index] as Code }));
}
