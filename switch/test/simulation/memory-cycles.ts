import type { ClearingSchedule, ParticipantId } from '@barlink/protocol';
import type { Carry, Cycle, CycleNet, Obligation } from '../../src/clearing/cycle.ts';
import type { CycleStore } from '../../src/clearing/index.ts';
import type { Payment, PaymentEvent } from '../../src/payments/payment.ts';
import { runStatement } from './memory-database.ts';
import { duplicateKey, type MemoryEngine, type MemoryTransaction } from './memory-engine.ts';

/** An obligation as its row is. */
export interface ObligationRow extends Obligation {
  readonly cycleId: number;
}

/** A carry as its row is. */
export interface CarryRow extends Carry {
  readonly cycleId: number;
}

/** The first cycle is there from the beginning, as its migration says. */
const first: Cycle = { id: 1, openedAt: new Date(0), reached: {} };

/** The cycle that is open, as a statement sees it. */
export function currentCycle(transaction: MemoryTransaction, engine: MemoryEngine): number {
  return listCycles(transaction, engine).at(-1)?.id ?? first.id;
}

/** The store of cycles on an engine in memory. */
export function createMemoryCycleStore(): CycleStore {
  return {
    open: (connection, { id, at }) =>
      runStatement(connection, 'cycle open', (transaction, engine) =>
        engine.insert(transaction, 'cycles', numberKey(id), { id, openedAt: at, reached: {} }),
      ),
    lock: (connection, cycleId) =>
      runStatement(connection, 'cycle lock', (transaction, engine) =>
        engine.lock(transaction, `cycle row ${cycleId}`),
      ),
    enter: (connection, { cycleId, step, at }) =>
      runStatement(connection, 'cycle enter', (transaction, engine) =>
        engine.insert(transaction, 'cycle events', `${numberKey(cycleId)} ${step}`, { cycleId, step, at }),
      ),
    find: (database, cycleId) =>
      runStatement(database, 'cycle find', async (transaction, engine) =>
        listCycles(transaction, engine).find(({ id }) => id === cycleId),
      ),
    findOpen: (database) =>
      runStatement(
        database,
        'cycle find open',
        async (transaction, engine) => listCycles(transaction, engine).at(-1) ?? first,
      ),
    list: (database, { after, most }) =>
      runStatement(database, 'cycles list', async (transaction, engine) =>
        listCycles(transaction, engine)
          .filter(({ id }) => after === undefined || id < after)
          .reverse()
          .slice(0, most),
      ),
    listUnsettled: (database) =>
      runStatement(database, 'cycles unsettled', async (transaction, engine) =>
        listCycles(transaction, engine).filter(({ reached }) => reached.settled === undefined),
      ),
    listWriters: (database) =>
      runStatement(database, 'cycle writers', async (transaction, engine) =>
        engine.touching(transaction, ['events', 'carries']),
      ),
    writeObligations: (connection, cycleId) =>
      runStatement(connection, 'obligations write', (transaction, engine) =>
        writeObligations(transaction, engine, cycleId),
      ),
    writeNets: (connection, cycleId) =>
      runStatement(connection, 'nets write', (transaction, engine) =>
        writeNets(transaction, engine, cycleId),
      ),
    ...createReads(),
    insertCarries: (connection, carries) =>
      runStatement(connection, 'carries insert', async (transaction, engine) => {
        engine.touch(transaction, 'carries');
        const cycleId = currentCycle(transaction, engine);
        for (const carry of carries) {
          await engine.insert(transaction, 'carries', carry.id, { ...carry, cycleId });
        }
      }),
  };
}

function createReads(): Pick<CycleStore, 'listNets' | 'listObligations' | 'findSchedule' | 'insertSchedule'> {
  return {
    listNets: (database, cycleIds, viewer) =>
      runStatement(database, 'nets list', async (transaction, engine) =>
        (engine.scan(transaction, 'nets') as readonly CycleNet[]).filter(
          ({ cycleId, participantId }) =>
            cycleIds.includes(cycleId) && (viewer === 'operator' || viewer === participantId),
        ),
      ),
    listObligations: (database, { cycleId, viewer, after, most }) =>
      runStatement(database, 'obligations list', async (transaction, engine) =>
        (engine.scan(transaction, 'obligations') as readonly ObligationRow[])
          .filter((row) => row.cycleId === cycleId && (after === undefined || row.paymentId > after))
          .filter(({ debtorId, creditorId }) => ['operator', debtorId, creditorId].includes(viewer))
          .slice(0, most)
          .map(({ cycleId: _, ...obligation }) => obligation),
      ),
    findSchedule: (database) =>
      runStatement(
        database,
        'schedule find',
        async (transaction, engine) =>
          engine.get(transaction, 'schedules', 'latest') as ClearingSchedule | undefined,
      ),
    insertSchedule: (connection, schedule) =>
      runStatement(connection, 'schedule insert', async (transaction, engine) =>
        engine.put(transaction, 'schedules', 'latest', schedule),
      ),
  };
}

async function writeObligations(
  transaction: MemoryTransaction,
  engine: MemoryEngine,
  cycleId: number,
): Promise<void> {
  for (const { payment, capturedAt } of listCaptured(transaction, engine, cycleId)) {
    const { id, kind, issuerId, acquirerId, amount } = payment;
    const [debtorId, creditorId] = kind === 'purchase' ? [issuerId, acquirerId] : [acquirerId, issuerId];
    const row: ObligationRow = {
      ...{ paymentId: id, kind, debtorId, creditorId, currency: amount.currency },
      ...{ amount: amount.minor, capturedAt, cycleId },
    };
    if (!(await engine.insert(transaction, 'obligations', id, row))) {
      throw duplicateKey();
    }
  }
}

/** The view `captured_payments`. */
function listCaptured(transaction: MemoryTransaction, engine: MemoryEngine, cycleId: number) {
  return (engine.scan(transaction, 'payments') as readonly Payment[]).flatMap((payment) => {
    const events: PaymentEvent[] = [];
    for (;;) {
      const event = engine.get(transaction, 'events', `${payment.id} ${events.length + 1}`);
      if (event === undefined) {
        break;
      }
      events.push(event as PaymentEvent);
    }
    const last = events.at(-1);
    const storedIn = engine.get(transaction, 'event cycles', `${payment.id} ${events.length}`);
    return last?.state === 'captured' && storedIn === cycleId ? [{ payment, capturedAt: last.at }] : [];
  });
}

async function writeNets(
  transaction: MemoryTransaction,
  engine: MemoryEngine,
  cycleId: number,
): Promise<void> {
  const nets = new Map<string, CycleNet>();
  const add = (who: { participantId: ParticipantId; currency: string }, part: Partial<CycleNet>) => {
    const { participantId, currency } = who;
    const key = `${numberKey(cycleId)} ${currency} ${participantId}`;
    const none = { cycleId, participantId, currency, net: 0n, carried: 0n, obligations: 0 };
    const known = nets.get(key) ?? none;
    nets.set(key, {
      ...known,
      net: known.net + (part.net ?? 0n),
      carried: known.carried + (part.carried ?? 0n),
      obligations: known.obligations + (part.obligations ?? 0),
    });
  };
  for (const row of engine.scan(transaction, 'obligations') as readonly ObligationRow[]) {
    if (row.cycleId === cycleId) {
      const { currency, debtorId, creditorId, amount: net } = row;
      add({ participantId: creditorId, currency }, { net, obligations: 1 });
      const obligations = debtorId === creditorId ? 0 : 1;
      add({ participantId: debtorId, currency }, { net: -net, obligations });
    }
  }
  for (const carry of engine.scan(transaction, 'carries') as readonly CarryRow[]) {
    if (carry.cycleId === cycleId) {
      add(carry, { carried: carry.amount });
    }
  }
  for (const [key, net] of nets) {
    await engine.insert(transaction, 'nets', key, net);
  }
}

function listCycles(transaction: MemoryTransaction, engine: MemoryEngine): readonly Cycle[] {
  const events = engine.scan(transaction, 'cycle events') as readonly {
    readonly cycleId: number;
    readonly step: string;
    readonly at: Date;
  }[];
  const opened = engine.scan(transaction, 'cycles') as readonly Cycle[];
  return [first, ...opened].map((cycle) => ({
    ...cycle,
    reached: Object.fromEntries(
      events.filter(({ cycleId }) => cycleId === cycle.id).map(({ step, at }) => [step, at]),
    ),
  }));
}

/** Keys are sorted as texts. */
function numberKey(id: number): string {
  return String(id).padStart(9, '0');
}
