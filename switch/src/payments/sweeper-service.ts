import { formatUuid7 } from '@barlink/protocol';
import type { Database } from '../database/index.ts';
import type { Concluder } from './outcome-service.ts';
import { atFirstOutcome, openingAgeMaxMs, type PaymentHistory } from './payment.ts';
import type { PaymentStore } from './store.ts';

/** Ends payments that a dead process, or its own fault, left without outcome. */
export interface Sweeper {
  start(): void;
  /** One round; answers how many payments got an outcome. */
  sweep(): Promise<number>;
  stop(): Promise<void>;
}

const sweepEveryMs = 2000;
/** Payments taken up in one round, and of them at once. */
const sweepMost = 500;
const sweepAtOnce = 16;
/** Clocks of switch processes and of the database may differ by this much. */
const skewMs = 10_000;
/** An id is made this shortly before or after the time its payment notes. */
const idSlackMs = 1000;

/** A sweeper that looks every two seconds. */
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
  let decidedBefore: Date | undefined;
  let running: Promise<unknown> | undefined;
  let stopRepeating: (() => void) | undefined;

  async function sweep(): Promise<number> {
    decidedBefore ??= await store.readWatermark(database);
    const startedAt = now().getTime();
    const before = startedAt - sweepAfterMs;
    // Read first: what is committed until the payments are listed was begun later, or is counted here.
    const oldestWrite = (await store.findOldestWrite(database))?.getTime() ?? startedAt;
    const range = { from: firstIdAt(decidedBefore.getTime()), before: firstIdAt(before), most: sweepMost };
    const undecided = await store.listUndecided(database, range);
    const ended = await resolveAll(undecided);
    const [first] = undecided.length > ended ? undecided : [];
    const oldest = first === undefined ? before : first.payment.createdAt.getTime() - idSlackMs;
    // A transaction that is open or yet to come may bring payments of before, as old as clocks let them be.
    const mayCome = oldestWrite - openingAgeMaxMs - skewMs;
    const seen = Math.min(oldest, before, mayCome);
    await raise(undecided.length === sweepMost ? decidedBefore : new Date(seen));
    return ended;
  }

  async function resolveAll(undecided: readonly PaymentHistory[]): Promise<number> {
    let ended = 0;
    const queue = [...undecided];
    const work = async () => {
      for (let history = queue.shift(); history !== undefined; history = queue.shift()) {
        try {
          // Overtaken by its own process the payment may be open still, and that process may die.
          ended += atFirstOutcome(await concluder.resolve(history)) === undefined ? 0 : 1;
        } catch (error) {
          onError(error);
        }
      }
    };
    await Promise.all(Array.from({ length: sweepAtOnce }, work));
    return ended;
  }

  async function raise(to: Date): Promise<void> {
    if (decidedBefore === undefined || to > decidedBefore) {
      decidedBefore = to;
      await store.raiseWatermark(database, to);
    }
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
