import type { SettlementStore } from '../../src/settlement/index.ts';
import type { Instruction, InstructionEvent, Item } from '../../src/settlement/settlement.ts';
import { runStatement } from './memory-database.ts';
import { duplicateKey, type MemoryEngine, type MemoryTransaction } from './memory-engine.ts';

/** An event of an instruction as its row is. */
export interface SettlementEventRow extends InstructionEvent {
  readonly instructionId: string;
}

/** The store of settlement on an engine in memory. */
export function createMemorySettlementStore(): SettlementStore {
  return {
    enterAccount: (connection, { currency, id }) =>
      runStatement(connection, 'settlement account', async (transaction, engine) => {
        const row = { currency, id };
        const isNew = await engine.insert(transaction, 'settlement accounts', currency, row);
        return { ...(engine.get(transaction, 'settlement accounts', currency) as typeof row), isNew };
      }),
    insertItems: (connection, items) =>
      runStatement(connection, 'settlement items', async (transaction, engine) => {
        for (const item of items) {
          const key = `${item.cycleId} ${item.currency} ${item.participantId}`;
          await insertOrFail(transaction, engine, { table: 'settlement items', key, row: item });
        }
      }),
    listItems: (database, cycleId) =>
      runStatement(database, 'settlement items list', async (transaction, engine) =>
        (engine.scan(transaction, 'settlement items') as readonly Item[]).filter(
          (item) => item.cycleId === cycleId,
        ),
      ),
    insertInstructions: (connection, instructions) =>
      runStatement(connection, 'instructions insert', async (transaction, engine) => {
        for (const row of instructions) {
          await insertOrFail(transaction, engine, { table: 'settlement instructions', key: row.id, row });
        }
      }),
    findInstruction: (database, id) =>
      runStatement(database, 'instruction find', async (transaction, engine) =>
        list(transaction, engine).find((one) => one.id === id),
      ),
    listInstructions: (database, cycleId) =>
      runStatement(database, 'instructions list', async (transaction, engine) =>
        list(transaction, engine).filter((one) => one.cycleId === cycleId),
      ),
    listUnanswered: (database, { cycleIds, before }) =>
      runStatement(database, 'instructions unanswered', async (transaction, engine) =>
        list(transaction, engine).filter(
          ({ cycleId, createdAt, events }) =>
            cycleIds.includes(cycleId) &&
            createdAt <= before &&
            events.every(({ state }) => state === 'accepted'),
        ),
      ),
    insertEvent: (connection, instructionId, event) =>
      runStatement(connection, 'settlement event', (transaction, engine) => {
        const row: SettlementEventRow = { ...event, instructionId };
        return engine.insert(transaction, 'settlement events', `${instructionId} ${event.state}`, row);
      }),
    enterPayOuts: (connection, entry) =>
      runStatement(connection, 'pay-outs enter', (transaction, engine) =>
        engine.insert(transaction, 'pay outs', `${entry.cycleId} ${entry.currency}`, entry),
      ),
    listPayOuts: (database, cycleId) =>
      runStatement(database, 'pay-outs list', async (transaction, engine) =>
        (engine.scan(transaction, 'pay outs') as readonly { cycleId: number; currency: string }[])
          .filter((entry) => entry.cycleId === cycleId)
          .map(({ currency }) => currency),
      ),
  };
}

async function insertOrFail(
  transaction: MemoryTransaction,
  engine: MemoryEngine,
  { table, key, row }: { readonly table: string; readonly key: string; readonly row: unknown },
): Promise<void> {
  if (!(await engine.insert(transaction, table, key, row))) {
    throw duplicateKey();
  }
}

function list(transaction: MemoryTransaction, engine: MemoryEngine): readonly Instruction[] {
  const events = engine.scan(transaction, 'settlement events') as readonly SettlementEventRow[];
  return (engine.scan(transaction, 'settlement instructions') as readonly Instruction[]).map((one) => ({
    ...one,
    events: events
      .filter(({ instructionId }) => instructionId === one.id)
      .map(({ instructionId: _, ...event }) => event)
      .sort((first, second) => first.at.getTime() - second.at.getTime()),
  }));
}
