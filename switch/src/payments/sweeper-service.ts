import { formatUuid7 } from '@barlink/protocol';
import type { Database, Queryable } from '../database/index.ts';
import type { Concluder } from './outcome-service.ts';
import { atFirstOutcome, openingAgeMaxMs, type PaymentHistory } from './payment.ts';
import type { PaymentStore } from './store.ts';

/** Ends payments that a dead process, or its own fault, left without outcome. */
export interface Sweeper {
  start(): void;
  /** One round; answers how many payments were found to have an outcome, or got one. */
  sweep(): Promise<number>;
  stop(): Promise<void>;
}

/** Short, so that what a round looks at is little: payments of the same processor wait for it. */
const sweepEveryMs = 500;
/** A payment is asked after by one process, and again by whichever comes first after this long. */
const askAgainMs = 2000;
/** Payments taken up in one round, and of them at once. */
const sweepMost = 500;
const sweepAtOnce = 16;
/** Clocks of switch processes and of the database may differ by this much. */
const skewMs = 10_000;
/** A transaction open for longer holds the second look up: all since is looked at then, so often. */
const heldUpMs = 30_000;
const lookAtAllEveryMs = 10_000;

/** A sweeper that looks twice a second; every process runs one, and one at a time looks. */
export function createSweeper(options: {
  readonly database: Database;
  readonly store: PaymentStore;
  readonly concluder: Concluder;
  /** Age at which a payment without outcome is taken up: longer than any request lives. */
  readonly sweepAfterMs: number;
  readonly now: () => Date;
  readonly onError: (error: unknown) => void;
  /** Runs work again and again; what it gives back ends that. */
  readonly repeat: (work: () => void, everyMs: number) => () => void;
}): Sweeper {
  const { database, store, concluder, sweepAfterMs, now, onError, repeat } = options;
  let allLookedAtMs = Number.NEGATIVE_INFINITY;
  let running: Promise<unknown> | undefined;
  let stopRepeating: (() => void) | undefined;

  async function sweep(): Promise<number> {
    await database.transaction(look);
    const at = now();
    const untakenSince = new Date(at.getTime() - askAgainMs);
    const taken = await store.takeUndecided(database, { now: at, untakenSince, most: sweepMost });
    const ended = await resolveAll(taken);
    if (ended.length > 0) {
      await store.removeUndecided(database, ended);
    }
    return ended.length;
  }

  /** Lists what has no outcome. Payments are looked at twice: once they are due, and once none can appear. */
  async function look(connection: Queryable): Promise<void> {
    const marks = await store.takeMarks(connection);
    if (marks === undefined) {
      return;
    }
    const startedAt = now().getTime();
    // Read first: what is committed until the payments are listed was begun later, or is counted here.
    const oldestWrite = (await store.findOldestWrite(connection))?.getTime() ?? startedAt;
    const due = startedAt - sweepAfterMs;
    // A transaction that is open or yet to come may bring payments of before, as old as clocks let them be.
    const mayCome = oldestWrite - openingAgeMaxMs - skewMs;
    const decided = Math.min(due, mayCome);
    await note(connection, marks.lookedBefore, due);
    await note(connection, marks.decidedBefore, isAllLookedAt(due, decided, startedAt) ? due : decided);
    await store.raiseMarks(connection, { decidedBefore: new Date(decided), lookedBefore: new Date(due) });
  }

  /** True now and then while a transaction stays open and keeps decidedBefore from rising. */
  function isAllLookedAt(due: number, decided: number, at: number): boolean {
    const isAll = due - decided > heldUpMs && at - allLookedAtMs >= lookAtAllEveryMs;
    allLookedAtMs = isAll ? at : allLookedAtMs;
    return isAll;
  }

  async function note(connection: Queryable, from: Date, beforeMs: number): Promise<void> {
    if (from.getTime() < beforeMs) {
      const range = { from: firstIdAt(from.getTime()), before: firstIdAt(beforeMs) };
      await store.noteUndecided(connection, range);
    }
  }

  /** @returns the ids of those that have an outcome then */
  async function resolveAll(undecided: readonly PaymentHistory[]): Promise<readonly string[]> {
    const ended: string[] = [];
    const queue = [...undecided];
    const work = async () => {
      for (let history = queue.shift(); history !== undefined; history = queue.shift()) {
        try {
          // Overtaken by its own process the payment may be open still, and that process may die.
          if (atFirstOutcome(history) || atFirstOutcome(await concluder.resolve(history))) {
            ended.push(history.payment.id);
          }
        } catch (error) {
          onError(error);
        }
      }
    };
    await Promise.all(Array.from({ length: sweepAtOnce }, work));
    return ended;
  }

  return {
    sweep,
    start() {
      stopRepeating = repeat(() => {
        running ??= sweep()
          .catch(onError)
          .finally(() => {
            running = undefined;
          });
      }, sweepEveryMs);
    },
    async stop() {
      stopRepeating?.();
      await running;
    },
  };
}

/** The smallest UUIDv7 of an instant: where payments of that time begin. */
function firstIdAt(timeMs: number): string {
  return formatUuid7(Math.max(timeMs, 0), new Uint8Array(10));
}
