import { createLedger, type Ledger } from '@barlink/ledger';
import { createTestDatabase } from '@barlink/testing';
import { type AuditStore, createAuditStore } from '../../src/audit/index.ts';
import { type CycleStore, createCycleStore } from '../../src/clearing/index.ts';
import { type CodeStore, createCodeStore } from '../../src/codes/index.ts';
import { type Database, openDatabase } from '../../src/database/index.ts';
import { createOutboxStore } from '../../src/notifications/index.ts';
import type { OutboxStore } from '../../src/notifications/store.ts';
import { createPaymentStore } from '../../src/payments/index.ts';
import type { PaymentStore } from '../../src/payments/store.ts';
import { createSettlementStore, type SettlementStore } from '../../src/settlement/index.ts';
import { createPayerCodeStore, type PayerCodeStore } from '../../src/tokens/index.ts';
import { switchMigrations } from '../support/start-switch.ts';
import { createMemoryCycleStore } from './memory-cycles.ts';
import { createMemoryDatabase } from './memory-database.ts';
import { createMemoryEngine } from './memory-engine.ts';
import { createMemoryLedger } from './memory-ledger.ts';
import { createMemoryPaymentStore } from './memory-payments.ts';
import { createMemorySettlementStore } from './memory-settlement.ts';
import {
  createMemoryAuditStore,
  createMemoryClaims,
  createMemoryCodeStore,
  createMemoryOutboxStore,
} from './memory-stores.ts';

/** Stores on a database: PostgreSQL, or the stand-in. */
export interface Place {
  readonly name: string;
  readonly database: Database;
  readonly audit: AuditStore;
  readonly outbox: OutboxStore;
  readonly codes: CodeStore;
  readonly claims: Pick<PayerCodeStore, 'claim'>;
  readonly payments: PaymentStore;
  readonly cycles: CycleStore;
  readonly settlement: SettlementStore;
  readonly ledger: Pick<
    Ledger,
    'createAccounts' | 'createTransfers' | 'createAllTransfers' | 'lookupAccounts' | 'lookupTransfers'
  >;
  close(): Promise<void>;
}

/** An empty place in memory. */
export async function openMemoryPlace(): Promise<Place> {
  const engine = createMemoryEngine({ now: () => new Date() });
  const { database } = createMemoryDatabase({ engine, connectionsMax: 8 });
  return {
    name: 'in memory',
    database,
    audit: createMemoryAuditStore(),
    outbox: createMemoryOutboxStore(),
    codes: createMemoryCodeStore(),
    claims: createMemoryClaims(),
    payments: createMemoryPaymentStore(),
    cycles: createMemoryCycleStore(),
    settlement: createMemorySettlementStore(),
    ledger: createMemoryLedger(database),
    close: async () => undefined,
  };
}

/** An empty place on PostgreSQL. */
export async function openPostgresPlace(): Promise<Place> {
  const test = await createTestDatabase({ migrations: switchMigrations });
  const database = openDatabase({ url: test.url, connections: 8, onError: () => undefined });
  await database.query(`insert into participants (participant_id, name, number, roles, url, state, created_at)
    values ('acquirer', 'Acquirer', '000001', array['acquirer'], 'http://127.0.0.1:1', 'active', now()),
      ('issuer', 'Issuer', '000002', array['issuer'], 'http://127.0.0.1:1', 'active', now()),
      ('bank-a', 'Bank A', '000003', array['issuer'], 'http://127.0.0.1:1', 'active', now()),
      ('bank-b', 'Bank B', '000004', array['issuer'], 'http://127.0.0.1:1', 'active', now()),
      ('bank-c', 'Bank C', '000005', array['issuer'], 'http://127.0.0.1:1', 'active', now()),
      ('acquirer-a', 'Acquirer A', '000006', array['acquirer'], 'http://127.0.0.1:1', 'active', now())`);
  return {
    name: 'on PostgreSQL',
    database,
    audit: createAuditStore(),
    outbox: createOutboxStore(),
    codes: createCodeStore(),
    claims: createPayerCodeStore(),
    payments: createPaymentStore(),
    cycles: createCycleStore(),
    settlement: createSettlementStore(),
    ledger: createLedger(database.pool),
    async close() {
      await database.close();
      await test.drop();
    },
  };
}
