import { LedgerError } from '@barlink/ledger';
import type { Database } from '../database/index.ts';
import { type JournalItem, type JournalParts, type JournalResult, writeBatch } from './journal-service.ts';
import { isPlain, writePlainBatch } from './plain-batch-service.ts';

/** Writes a batch in a transaction of its own; resolves when it is committed. */
export type BatchWriter = (
  items: readonly JournalItem[],
  /** Called when nothing is left to send but perhaps the commit: what follows is waiting. */
  onWritten?: () => void,
) => Promise<readonly JournalResult[]>;

/** How many batches in a row are written with care at most before one is tried without. */
const carefulMax = 64;

/**
 * Commits batches in the quickest way that they allow. After one that asked for care the next one gets it
 * too; whenever the quick way fails again, twice as many as the last time.
 */
export function createBatchWriter(options: {
  readonly database: Database;
  readonly parts: JournalParts;
}): BatchWriter {
  const { database, parts } = options;
  let carefulFor = 0;
  let carefulNext = 1;

  const writeCarefully: BatchWriter = (items, onWritten) =>
    database.transaction(async (connection) => {
      const results = await writeBatch(connection, items, parts);
      onWritten?.();
      return results;
    });

  const writeSwiftly: BatchWriter = (items, onWritten) =>
    database.transaction((connection, commitNow) => {
      const write = isPlain(items) ? writePlainBatch : writeBatch;
      return write(connection, items, parts, () => {
        const committed = commitNow();
        onWritten?.();
        return committed;
      });
    });

  return async (items, onWritten) => {
    if (carefulFor > 0) {
      carefulFor -= 1;
      return writeCarefully(items, onWritten);
    }
    try {
      const results = await writeSwiftly(items, onWritten);
      carefulNext = 1;
      return results;
    } catch (error) {
      if (!asksForCare(error)) {
        throw error;
      }
      // The transaction was rolled back; only this time was lost.
      carefulFor = carefulNext;
      carefulNext = Math.min(2 * carefulNext, carefulMax);
      return writeCarefully(items, onWritten);
    }
  };
}

/** A limit is near, a message was repeated, or an event overtaken. */
function asksForCare(error: unknown): boolean {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return code === uniqueViolation || (error instanceof LedgerError && code === 'LEDGER_NOT_ALL_CREATED');
}

const uniqueViolation = '23505';
