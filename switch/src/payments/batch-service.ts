import { LedgerError } from '@barlink/ledger';
import type { Database } from '../database/index.ts';
import { type JournalItem, type JournalParts, type JournalResult, writeBatch } from './journal-service.ts';

/** Writes a batch in a transaction of its own; resolves when it is committed. */
export type BatchWriter = (
  items: readonly JournalItem[],
  /** Called when only the commit is left to wait for. */
  onWritten?: () => void,
) => Promise<readonly JournalResult[]>;

/** After a batch that the ledger had to look at row by row, so many are not expected to go without that. */
const carefulBatches = 50;

/** Commits batches in the quickest way that they allow. */
export function createBatchWriter(options: {
  readonly database: Database;
  readonly parts: JournalParts;
}): BatchWriter {
  const { database, parts } = options;
  let carefulFor = 0;

  const writeCarefully: BatchWriter = (items, onWritten) =>
    database.transaction(async (connection) => {
      const results = await writeBatch(connection, items, parts);
      onWritten?.();
      return results;
    });

  const writeSwiftly: BatchWriter = (items, onWritten) =>
    database.transaction((connection, commitNow) =>
      writeBatch(connection, items, parts, () => {
        const committed = commitNow();
        onWritten?.();
        return committed;
      }),
    );

  return async (items, onWritten) => {
    if (carefulFor > 0) {
      carefulFor -= 1;
      return writeCarefully(items, onWritten);
    }
    try {
      return await writeSwiftly(items, onWritten);
    } catch (error) {
      if (!(error instanceof LedgerError && error.code === 'LEDGER_NOT_ALL_CREATED')) {
        throw error;
      }
      // A limit is near. The transaction was rolled back; only this time was lost.
      carefulFor = carefulBatches;
      return writeCarefully(items, onWritten);
    }
  };
}
