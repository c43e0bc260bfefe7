import { commitBehind, type Queryable } from '../database/index.ts';
import {
  isVoid,
  type JournalItem,
  type JournalParts,
  type JournalResult,
  listInTime,
  toEventEntry,
  toFinalTransfer,
  toMessageEntry,
  toReservation,
  writeNotifications,
  writeOpenings,
} from './journal-service.ts';

/**
 * True when nothing of a batch can turn out so that the rest is written otherwise, but for repeats, events
 * that were overtaken and limits: no code to take, no uses of tokens to count, no code to set free.
 */
export function isPlain(items: readonly JournalItem[]): boolean {
  return items.every((item) =>
    item.kind === 'opening'
      ? !item.takesCode && item.payerCodeUse === undefined && item.tokenUse === undefined
      : !isVoid(item),
  );
}

/**
 * Writes a plain batch and sends its commit right behind, all in one trip to the server, in the order in
 * which every batch takes its locks. Each statement fails the transaction unless it writes every row.
 *
 * @throws `23505` (unique_violation) for a repeat or an event that was overtaken, {LedgerError}
 * `LEDGER_NOT_ALL_CREATED` near a limit; nothing is written then
 */
export async function writePlainBatch(
  connection: Queryable,
  items: readonly JournalItem[],
  parts: JournalParts,
  commitNow: () => Promise<void>,
): Promise<readonly JournalResult[]> {
  const openings = listInTime(items, parts.now());
  const conclusions = items.filter((item) => item.kind === 'conclusion');
  const transfers = [...openings.map(toReservation), ...conclusions.flatMap(toFinalTransfer)];
  const statements = [
    conclusions.length === 0
      ? undefined
      : parts.store.insertAllEvents(connection, conclusions.map(toEventEntry)),
    openings.length === 0 ? undefined : parts.audit.recordAll(connection, openings.map(toMessageEntry)),
    writeOpenings(connection, openings, parts.store),
    writeNotifications(connection, conclusions, parts),
    transfers.length === 0 ? undefined : parts.ledger.createAllTransfers(transfers, connection),
  ].filter((statement) => statement !== undefined);
  await commitBehind(statements, commitNow);
  const written = new Set<JournalItem>(openings);
  return items.map((item): JournalResult => {
    if (item.kind === 'conclusion') {
      return { result: 'stored' };
    }
    return { result: written.has(item) ? 'opened' : 'outdated' };
  });
}
