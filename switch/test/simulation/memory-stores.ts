import type {
  AuditStore,
  KeptAnswer,
  KeptEvidence,
  KeptMessage,
  MessageEntry,
  WriteMessage,
} from '../../src/audit/index.ts';
import type { PositionAccounts } from '../../src/clearing/position.ts';
import type { PositionStore } from '../../src/clearing/store.ts';
import type { CodeStore } from '../../src/codes/index.ts';
import type { RegisteredCode } from '../../src/codes/merchant-code.ts';
import type { Queryable } from '../../src/database/index.ts';
import { backoffMs, type TakenNotification } from '../../src/notifications/notification.ts';
import type { OutboxStore } from '../../src/notifications/store.ts';
import type { PayerCodeStore } from '../../src/tokens/index.ts';
import { runStatement } from './memory-database.ts';
import { assertAllNew, type MemoryEngine, type MemoryTransaction } from './memory-engine.ts';

/** A message as it is kept. */
export interface MessageRow {
  readonly message: WriteMessage;
  readonly subject: string;
}

/** Records messages that are new; answers for each whether it was. */
async function recordMessages(
  transaction: MemoryTransaction,
  engine: MemoryEngine,
  entries: readonly MessageEntry[],
): Promise<readonly boolean[]> {
  const isNew: boolean[] = [];
  for (const entry of entries) {
    const { sender, jti, idempotencyKey } = entry.message;
    const byKey = `${sender} ${idempotencyKey}`;
    await engine.lock(transaction, `messages ${byKey}`);
    await engine.lock(transaction, `jtis ${sender} ${jti}`);
    const isTaken =
      engine.get(transaction, 'messages', byKey) !== undefined ||
      engine.get(transaction, 'jtis', `${sender} ${jti}`) !== undefined;
    if (!isTaken) {
      engine.put(transaction, 'messages', byKey, entry);
      engine.put(transaction, 'jtis', `${sender} ${jti}`, byKey);
    }
    isNew.push(!isTaken);
  }
  return isNew;
}

/** The record of messages. */
export function createMemoryAuditStore(): AuditStore {
  return {
    record: (connection, entries) =>
      runStatement(connection, 'messages record', (transaction, engine) =>
        recordMessages(transaction, engine, entries),
      ),
    recordAll: (connection, entries) =>
      runStatement(connection, 'all messages record', async (transaction, engine) => {
        assertAllNew(await recordMessages(transaction, engine, entries));
      }),
    keepAnswer: (connection, { sender, idempotencyKey }, answer) =>
      runStatement(connection, 'answer keep', async (transaction, engine) =>
        engine.put(transaction, 'answers', `${sender} ${idempotencyKey}`, answer),
      ),
    findByKey: (database, sender, idempotencyKey) =>
      runStatement(
        database,
        'message find',
        async (transaction, engine): Promise<KeptMessage | undefined> => {
          const key = `${sender} ${idempotencyKey}`;
          const row = engine.get(transaction, 'messages', key) as MessageRow | undefined;
          const answer = engine.get(transaction, 'answers', key) as KeptAnswer | undefined;
          return row === undefined
            ? undefined
            : { jti: row.message.jti, fingerprint: row.message.fingerprint, subject: row.subject, answer };
        },
      ),
    listBySubject: async (database, subject) =>
      (await listKept(database, subject)).map(({ idempotencyKey: _, ...evidence }) => evidence),
    listKept: async (database, subject, countMax) => (await listKept(database, subject)).slice(0, countMax),
  };
}

function listKept(database: Queryable, subject: string): Promise<readonly KeptEvidence[]> {
  return runStatement(database, 'messages list', async (transaction, engine) =>
    (engine.scan(transaction, 'messages') as readonly MessageRow[])
      .filter((row) => row.subject === subject)
      .map(({ message }) => message)
      .sort((one, other) => one.receivedAt.getTime() - other.receivedAt.getTime())
      .map(({ sender, idempotencyKey, method, target, signature, body, receivedAt }) => {
        const text = Buffer.from(body).toString('utf8');
        return { sender, idempotencyKey, method, target, signature, body: text, receivedAt };
      }),
  );
}

interface OutboxRow extends TakenNotification {
  readonly nextAttemptAt: Date;
}

/** The outbox. */
export function createMemoryOutboxStore(): OutboxStore {
  return {
    insert: (connection, entries, { firstPollAt }) =>
      runStatement(connection, 'outbox insert', async (transaction, engine) => {
        for (const entry of entries) {
          const row: OutboxRow = { ...entry, attempts: 0, nextAttemptAt: firstPollAt };
          await engine.insert(transaction, 'outbox', entry.id, row);
        }
      }),
    take: (database, { now, until, most }) =>
      runStatement(database, 'outbox take', async (transaction, engine) => {
        const due = (engine.scan(transaction, 'outbox') as readonly OutboxRow[])
          .filter((row) => row.nextAttemptAt <= now)
          .sort((one, other) => one.nextAttemptAt.getTime() - other.nextAttemptAt.getTime())
          .slice(0, most);
        for (const row of due) {
          engine.put(transaction, 'outbox', row.id, { ...row, nextAttemptAt: until });
        }
        return due
          .map(({ nextAttemptAt: _, ...taken }) => taken)
          .sort((one, other) => (one.id < other.id ? -1 : 1));
      }),
    remove: (database, ids) =>
      runStatement(database, 'outbox remove', async (transaction, engine) => {
        for (const id of ids) {
          engine.remove(transaction, 'outbox', id);
        }
      }),
    postpone: (database, failed, now) =>
      runStatement(database, 'outbox postpone', async (transaction, engine) => {
        for (const { id, attempts } of failed) {
          const row = engine.get(transaction, 'outbox', id) as OutboxRow | undefined;
          const nextAttemptAt = new Date(now.getTime() + backoffMs(attempts));
          if (row !== undefined) {
            engine.put(transaction, 'outbox', id, { ...row, attempts: row.attempts + 1, nextAttemptAt });
          }
        }
      }),
    count: (database) =>
      runStatement(
        database,
        'outbox count',
        async (transaction, engine) => engine.scan(transaction, 'outbox').length,
      ),
  };
}

/** Merchant codes and who takes the dynamic ones. */
export function createMemoryCodeStore(): CodeStore {
  return {
    insertCode: (connection, code) =>
      runStatement(connection, 'code insert', async (transaction, engine) => {
        await engine.insert(transaction, 'codes', code.codeId, code);
      }),
    findCodes: (database, ids) =>
      runStatement(database, 'codes find', async (transaction, engine) => {
        const found = ids.map((id) => engine.get(transaction, 'codes', id) as RegisteredCode | undefined);
        return new Map(found.flatMap((code) => (code === undefined ? [] : [[code.codeId, code]])));
      }),
    claim: (connection, claims) =>
      runStatement(connection, 'codes claim', async (transaction, engine) => {
        const sorted = claims.map((claim, at) => ({ ...claim, at }));
        sorted.sort((one, other) => (one.codeId < other.codeId ? -1 : Number(one.codeId > other.codeId)));
        const free = new Set<number>();
        for (const { codeId, paymentId, at } of sorted) {
          if (await engine.insert(transaction, 'code claims', codeId, paymentId)) {
            engine.put(transaction, 'claimed codes', paymentId, codeId);
            free.add(at);
          }
        }
        return claims.map((_, at) => free.has(at));
      }),
    release: (connection, paymentIds) =>
      runStatement(connection, 'codes release', async (transaction, engine) => {
        for (const paymentId of paymentIds) {
          const codeId = engine.get(transaction, 'claimed codes', paymentId) as string | undefined;
          if (codeId !== undefined) {
            await engine.lock(transaction, `code claims ${codeId}`);
            engine.remove(transaction, 'code claims', codeId);
            engine.remove(transaction, 'claimed codes', paymentId);
          }
        }
      }),
  };
}

/** Which payer codes were used. */
export function createMemoryClaims(): Pick<PayerCodeStore, 'claim'> {
  return {
    claim: (connection, claims) =>
      runStatement(connection, 'payer codes claim', async (transaction, engine) => {
        const sorted = claims.map((claim, at) => ({
          at,
          key: `${claim.step} ${claim.networkNumber} ${claim.handle} ${claim.slot}`,
          tokenId: claim.tokenId,
        }));
        sorted.sort((one, other) => (one.key < other.key ? -1 : Number(one.key > other.key)));
        const first = new Set<number>();
        for (const { key, tokenId, at } of sorted) {
          if (await engine.insert(transaction, 'payer code uses', key, tokenId)) {
            first.add(at);
          }
        }
        return claims.map((_, at) => first.has(at));
      }),
  };
}

/** Positions and their ledger accounts. */
export function createMemoryPositionStore(): PositionStore {
  const keyOf = ({ currency, participantId }: PositionAccounts) => `${currency} ${participantId}`;
  return {
    insert: (connection, accounts) =>
      runStatement(connection, 'position insert', (transaction, engine) =>
        engine.insert(transaction, 'positions', keyOf(accounts), accounts),
      ),
    list: (database) =>
      runStatement(
        database,
        'positions list',
        async (transaction, engine) => engine.scan(transaction, 'positions') as readonly PositionAccounts[],
      ),
    lock: (connection, accounts) =>
      runStatement(connection, 'position lock', (transaction, engine) =>
        engine.lock(transaction, `position row ${keyOf(accounts)}`),
      ),
  };
}
