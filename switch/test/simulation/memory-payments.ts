import type { PaymentId } from '@barlink/protocol';
import type { Payment, PaymentEvent, PaymentHistory } from '../../src/payments/payment.ts';
import type { EventEntry, PaymentStore } from '../../src/payments/store.ts';
import type { Marks } from '../../src/payments/sweep-store.ts';
import { currentCycle } from './memory-cycles.ts';
import { runStatement } from './memory-database.ts';
import { assertAllNew, duplicateKey, type MemoryEngine, type MemoryTransaction } from './memory-engine.ts';

/** Stores events at free sequences; answers for each whether its was. */
async function insertEvents(
  transaction: MemoryTransaction,
  engine: MemoryEngine,
  entries: readonly EventEntry[],
): Promise<readonly boolean[]> {
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
}

/** The store of payments on an engine in memory. */
export function createMemoryPaymentStore(): PaymentStore {
  return {
    insertPayments: (connection, payments) =>
      runStatement(connection, 'payments insert', async (transaction, engine) => {
        for (const payment of payments) {
          if (!(await engine.insert(transaction, 'payments', payment.id, payment))) {
            throw duplicateKey();
          }
        }
      }),
    insertEvents: (connection, entries) =>
      runStatement(connection, 'events insert', (transaction, engine) =>
        insertEvents(transaction, engine, entries),
      ),
    insertAllEvents: (connection, entries) =>
      runStatement(connection, 'all events insert', async (transaction, engine) => {
        assertAllNew(await insertEvents(transaction, engine, entries));
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
          throw duplicateKey();
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
    findOldestWrite: (database) =>
      runStatement(database, 'oldest write', async (transaction, engine) => {
        const others = engine.openSince().filter((since) => since !== transaction.startedAt);
        return others.reduce<Date | undefined>(
          (oldest, since) => (oldest === undefined || since < oldest ? since : oldest),
          undefined,
        );
      }),
    takeMarks: (connection) =>
      runStatement(connection, 'marks take', async (transaction, engine) =>
        engine.tryLock(transaction, 'marks') ? marksOf(transaction, engine) : undefined,
      ),
    raiseMarks: (connection, raised) =>
      runStatement(connection, 'marks raise', async (transaction, engine) => {
        await engine.lock(transaction, 'marks');
        const marks = marksOf(transaction, engine);
        const later = (name: keyof Marks) => (raised[name] > marks[name] ? raised[name] : marks[name]);
        const row = { decidedBefore: later('decidedBefore'), lookedBefore: later('lookedBefore') };
        engine.put(transaction, 'marks', 'only', row);
      }),
    noteUndecided: (connection, { from, before }) =>
      runStatement(connection, 'undecided note', async (transaction, engine) => {
        const inRange = (payment: Payment) => payment.id >= from && payment.id < before;
        for (const { payment, events } of listHistories(transaction, engine, inRange)) {
          if (events.every(({ state }) => state === 'unknown')) {
            const listed: Listed = { id: payment.id, takenAt: new Date(0) };
            await engine.insert(transaction, 'undecided', payment.id, listed);
          }
        }
      }),
    takeUndecided: (database, { now, untakenSince, most }) =>
      runStatement(database, 'undecided take', async (transaction, engine) => {
        const taken = (engine.scan(transaction, 'undecided') as readonly Listed[])
          .filter(({ takenAt }) => takenAt <= untakenSince)
          .sort((one, other) => one.takenAt.getTime() - other.takenAt.getTime() || compare(one.id, other.id))
          .slice(0, most);
        for (const { id } of taken) {
          engine.put(transaction, 'undecided', id, { id, takenAt: now } satisfies Listed);
        }
        const ids = taken.map(({ id }) => id).sort(compare);
        return ids.flatMap((id) => findHistory(transaction, engine, id) ?? []);
      }),
    removeUndecided: (database, ids) =>
      runStatement(database, 'undecided remove', async (transaction, engine) => {
        for (const id of ids) {
          engine.remove(transaction, 'undecided', id);
        }
      }),
  };
}

/** An entry of the list of the undecided. */
interface Listed {
  readonly id: string;
  readonly takenAt: Date;
}

function marksOf(transaction: MemoryTransaction, engine: MemoryEngine): Marks {
  const marks = engine.get(transaction, 'marks', 'only') as Marks | undefined;
  return marks ?? { decidedBefore: new Date(0), lookedBefore: new Date(0) };
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
