import type { PaymentId } from '@barlink/protocol';
import type { Payment, PaymentEvent, PaymentHistory } from '../../src/payments/payment.ts';
import type { PaymentStore } from '../../src/payments/store.ts';
import { currentCycle } from './memory-cycles.ts';
import { runStatement } from './memory-database.ts';
import type { MemoryEngine, MemoryTransaction } from './memory-engine.ts';

/** The store of payments on an engine in memory. */
export function createMemoryPaymentStore(): PaymentStore {
  return {
    insertPayments: (connection, payments) =>
      runStatement(connection, 'payments insert', async (transaction, engine) => {
        for (const payment of payments) {
          if (!(await engine.insert(transaction, 'payments', payment.id, payment))) {
            throw Object.assign(new Error('duplicate key value'), { code: '23505' });
          }
        }
      }),
    insertEvents: (connection, entries) =>
      runStatement(connection, 'events insert', async (transaction, engine) => {
        const sorted = entries.map((entry, at) => ({ ...entry, at }));
        sorted.sort((one, other) => compare(one.paymentId, other.paymentId) || one.at - other.at);
        const stored = new Set<number>();
        engine.touch(transaction, 'events');
        const cycleId = currentCycle(transaction, engine);
        for (const { paymentId, event, at } of sorted) {
          const key = eventKey(paymentId, event.sequence);
          if (await engine.insert(transaction, 'events', key, event)) {
            engine.put(transaction, 'event cycles', key, cycleId);
            stored.add(at);
          }
        }
        return entries.map((_, at) => stored.has(at));
      }),
    insertReversal: (connection, { paymentId, event }) =>
      runStatement(connection, 'reversal insert', async (transaction, engine) => {
        engine.touch(transaction, 'events');
        const cycleId = currentCycle(transaction, engine);
        const at = listEvents(transaction, engine, paymentId).findIndex(({ state }) => state === 'captured');
        if (engine.get(transaction, 'event cycles', eventKey(paymentId, at + 1)) !== cycleId) {
          return false;
        }
        const key = eventKey(paymentId, event.sequence);
        if (!(await engine.insert(transaction, 'events', key, event))) {
          throw Object.assign(new Error('duplicate key value'), { code: '23505' });
        }
        engine.put(transaction, 'event cycles', key, cycleId);
        return true;
      }),
    findHistories: (database, ids) =>
      runStatement(database, 'payments find', async (transaction, engine) => {
        const found = new Map<string, PaymentHistory>();
        for (const id of ids) {
          const history = findHistory(transaction, engine, id);
          if (history !== undefined) {
            found.set(id, history);
          }
        }
        return found;
      }),
    listRefunds: (database, originalId) =>
      runStatement(database, 'refunds list', async (transaction, engine) =>
        listHistories(transaction, engine, (payment) => payment.originalPaymentId === originalId),
      ),
    lock: (connection, id) =>
      runStatement(connection, 'payment lock', (transaction, engine) =>
        engine.lock(transaction, `payment row ${id}`),
      ),
    listUndecided: (database, { from, before, most }) =>
      runStatement(database, 'undecided list', async (transaction, engine) => {
        const inRange = (payment: Payment) => payment.id >= from && payment.id < before;
        return listHistories(transaction, engine, inRange)
          .filter(({ events }) => events.every(({ state }) => state === 'unknown'))
          .slice(0, most);
      }),
    findOldestWrite: (database) =>
      runStatement(database, 'oldest write', async (transaction, engine) => {
        const others = engine.openSince().filter((since) => since !== transaction.startedAt);
        return others.reduce<Date | undefined>(
          (oldest, since) => (oldest === undefined || since < oldest ? since : oldest),
          undefined,
        );
      }),
    readWatermark: (database) =>
      runStatement(database, 'watermark read', async (transaction, engine) => watermark(transaction, engine)),
    raiseWatermark: (database, decidedBefore) =>
      runStatement(database, 'watermark raise', async (transaction, engine) => {
        await engine.lock(transaction, 'watermark');
        if (decidedBefore > watermark(transaction, engine)) {
          engine.put(transaction, 'watermark', 'only', decidedBefore);
        }
      }),
  };
}

function watermark(transaction: MemoryTransaction, engine: MemoryEngine): Date {
  return (engine.get(transaction, 'watermark', 'only') as Date | undefined) ?? new Date(0);
}

function listHistories(
  transaction: MemoryTransaction,
  engine: MemoryEngine,
  passes: (payment: Payment) => boolean,
): readonly PaymentHistory[] {
  const payments = engine.scan(transaction, 'payments') as readonly Payment[];
  return payments
    .filter(passes)
    .map((payment) => ({ payment, events: listEvents(transaction, engine, payment.id) }));
}

function findHistory(
  transaction: MemoryTransaction,
  engine: MemoryEngine,
  id: string,
): PaymentHistory | undefined {
  const payment = engine.get(transaction, 'payments', id) as Payment | undefined;
  return payment === undefined ? undefined : { payment, events: listEvents(transaction, engine, payment.id) };
}

/** Sequences have no gaps. */
function listEvents(
  transaction: MemoryTransaction,
  engine: MemoryEngine,
  id: PaymentId,
): readonly PaymentEvent[] {
  const events: PaymentEvent[] = [];
  for (;;) {
    const event = engine.get(transaction, 'events', eventKey(id, events.length + 1));
    if (event === undefined) {
      return events;
    }
    events.push(event as PaymentEvent);
  }
}

function eventKey(id: string, sequence: number): string {
  return `${id} ${sequence}`;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
