import type { CycleEvent, CycleEventType, ParticipantId } from '@barlink/protocol';
import type { Database, Queryable } from '../database/index.ts';
import type { Notification, NotificationService } from '../notifications/index.ts';
import { type Cycle, type CycleNet, cycleStateOf, renderCycle } from './cycle.ts';
import type { CycleStore } from './cycle-store.ts';
import { ClearingError } from './errors.ts';
import { isCloseDue, noSchedule } from './schedule.ts';

/** Closes clearing cycles. What it leaves half-done, the next round of any process ends. */
export interface CycleCloser {
  /**
   * In the caller's transaction: the cycle takes no more captures, the next one is open.
   *
   * @throws {ClearingError} `CYCLE_UNKNOWN`, `CYCLE_STATE_CONFLICT` when it is not the open one
   */
  cutOff(connection: Queryable, cycleId: number): Promise<Cycle>;
  /** Cuts the open cycle off when its time has come, and ends the closing of those that were cut off. */
  round(): Promise<void>;
}

/** What closing works with. */
export interface CloserOptions {
  readonly database: Database;
  readonly store: CycleStore;
  readonly notifications: Pick<NotificationService, 'write' | 'deliverSoon'>;
  readonly now: () => Date;
  readonly newId: () => string;
}

/** Closing by rows: a payment never waits for it (spec/clearing.md 2). */
export function createCycleCloser(options: CloserOptions): CycleCloser {
  const { database, store, notifications, now, newId } = options;
  /** Of each closing cycle, the transactions that may still write into it. */
  const writers = new Map<number, readonly string[]>();

  async function cutOff(connection: Queryable, cycleId: number): Promise<Cycle> {
    await store.lock(connection, cycleId);
    const cycle = await store.find(connection, cycleId);
    if (cycle === undefined) {
      throw new ClearingError('CYCLE_UNKNOWN');
    }
    if (cycleStateOf(cycle) !== 'open') {
      throw new ClearingError('CYCLE_STATE_CONFLICT');
    }
    const at = new Date(Math.max(now().getTime(), cycle.openedAt.getTime()));
    const isEntered = await store.enter(connection, { cycleId, step: 'closing', at });
    if (!isEntered || !(await store.open(connection, { id: cycleId + 1, at }))) {
      throw new Error(`cycle ${cycleId} was cut off under its lock by somebody else`);
    }
    return { ...cycle, reached: { closing: at } };
  }

  async function cutOffWhenDue(): Promise<void> {
    const schedule = (await store.findSchedule(database)) ?? noSchedule;
    const open = await store.findOpen(database);
    if (!isCloseDue(schedule, open.openedAt, now())) {
      return;
    }
    await database
      .transaction((connection) => cutOff(connection, open.id))
      .catch((error: unknown) => {
        // Another process was first, and the cut-off is past.
        if (!(error instanceof ClearingError)) {
          throw error;
        }
      });
  }

  /** True once nobody can write into the cycle any more. */
  async function isQuiet(cycleId: number): Promise<boolean> {
    const current = await store.listWriters(database);
    // First asked after the cut-off was committed: whoever comes later writes into the next cycle.
    const known = writers.get(cycleId) ?? current;
    const left = known.filter((writer) => current.includes(writer));
    writers.set(cycleId, left);
    return left.length === 0;
  }

  async function finish(cycleId: number): Promise<void> {
    const told = await database.transaction(async (connection) => {
      await store.lock(connection, cycleId);
      const cycle = await store.find(connection, cycleId);
      if (cycle === undefined || cycleStateOf(cycle) !== 'closing') {
        return [];
      }
      await store.writeObligations(connection, cycleId);
      await store.writeNets(connection, cycleId);
      const at = now();
      await store.enter(connection, { cycleId, step: 'closed', at });
      const nets = await store.listNets(connection, [cycleId], 'operator');
      const closed = { ...cycle, reached: { ...cycle.reached, closed: at } };
      const made = toCycleNotifications(closed, { type: 'cycle.closed', nets, at, newId });
      await notifications.write(connection, made);
      return made;
    });
    writers.delete(cycleId);
    notifications.deliverSoon(told);
  }

  return {
    cutOff,
    async round() {
      await cutOffWhenDue();
      for (const cycle of await store.listUnsettled(database)) {
        if (cycleStateOf(cycle) === 'closing' && (await isQuiet(cycle.id))) {
          await finish(cycle.id);
        }
      }
    },
  };
}

/** What each participant with a position in a cycle hears of it: its own position. */
export function toCycleNotifications(
  cycle: Cycle,
  told: {
    readonly type: CycleEventType;
    readonly nets: readonly CycleNet[];
    readonly at: Date;
    readonly newId: () => string;
  },
): readonly Notification[] {
  const { type, nets, at, newId } = told;
  const receivers = new Set(nets.map(({ participantId }): ParticipantId => participantId));
  return [...receivers].map((participantId) => {
    const id = newId();
    const own = nets.filter((net) => net.participantId === participantId);
    const event: CycleEvent = { eventId: id, type, at: at.toISOString(), cycle: renderCycle(cycle, own) };
    return { id, participantId, kind: 'event', body: JSON.stringify(event) };
  });
}
