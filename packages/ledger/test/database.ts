import { randomBytes } from 'node:crypto';
import { formatUuid7 } from '@barlink/protocol';
import { createTestDatabase, type TestDatabase } from '@barlink/testing';
import { ledgerMigrations } from '../src/index.ts';

export type { TestDatabase } from '@barlink/testing';

/** A database of its own with the ledger's migrations applied. */
export function createLedgerDatabase(): Promise<TestDatabase> {
  return createTestDatabase({ migrations: [{ folder: ledgerMigrations, schema: 'ledger' }] });
}

/** A new UUIDv7 of this moment. */
export function newId(): string {
  return formatUuid7(Date.now(), randomBytes(10));
}
