import type { Database } from '../database/index.ts';
import { RiskError } from './errors.ts';
import { bucketOf, keyOf, type OutflowLimit, type OutflowTrip, type Position } from './outflow.ts';
import type { OutflowPart, OutflowStore } from './store.ts';

/** The breakers of positions, as one process knows them: in memory, told to the others once a second. */
export interface OutflowGuard {
  /** @throws {RiskError} `OUTFLOW_BREAKER_OPEN` */
  assertClosed(position: Position): void;
  /** Counts an amount that was captured; opens the breaker when it is too much. */
  note(position: Position, amountMinor: bigint, at: Date): void;
  /** What has flowed out in the window of a limit, and the breaker's trip. */
  list(): readonly CountedPosition[];
  /** Tells the others what was counted here and hears of theirs. */
  refresh(): Promise<void>;
  /** Ends after the look at work: one that is cut short would be taken for a fault. */
  stop(): Promise<void>;
}

/** A limit as it stands. */
export interface CountedPosition {
  readonly limit: OutflowLimit;
  readonly flownMinor: bigint;
  readonly trip: OutflowTrip | undefined;
}

interface Counter {
  readonly limit: OutflowLimit;
  /** What the tables say, all processes together, up to the last refresh. */
  storedMinor: bigint;
  /** What was counted here since. */
  ownMinor: bigint;
}

/** Breakers on their tables. The first refresh is done before it is given. */
export async function createOutflowGuard(options: {
  readonly database: Database;
  readonly store: OutflowStore;
  readonly refreshMs: number;
  readonly now: () => Date;
  readonly newId: () => string;
  readonly onError: (error: unknown) => void;
  /** Runs work again and again, one round after the other; what it gives back ends that and waits. */
  readonly repeat: (
    work: () => Promise<unknown>,
    options: { readonly everyMs: number; readonly onError: (error: unknown) => void },
  ) => () => Promise<void>;
}): Promise<OutflowGuard> {
  const { database, store, now, newId, onError } = options;
  let counters = new Map<string, Counter>();
  let trips = new Map<string, OutflowTrip>();
  let parts = new Map<string, OutflowPart>();
  const untold = new Map<string, OutflowTrip>();
  let turn: Promise<void> = Promise.resolve();

  function note(position: Position, amountMinor: bigint, at: Date): void {
    const key = keyOf(position);
    const counter = counters.get(key);
    if (counter === undefined) {
      return;
    }
    const { windowSeconds, countedFrom } = counter.limit;
    const { participantId, currency } = position;
    const bucket = Math.max(bucketOf(at, counter.limit), 0);
    const forgetAt = new Date(at.getTime() + 2000 * windowSeconds);
    counter.ownMinor += amountMinor;
    add(parts, { participantId, currency, countedFrom, bucket, amountMinor, forgetAt });
    tripIfOver(counter);
  }

  function tripIfOver({ limit, storedMinor, ownMinor }: Counter): void {
    const { participantId, currency, limitMinor } = limit;
    const outflowMinor = storedMinor + ownMinor;
    if (outflowMinor <= limitMinor || trips.has(keyOf(limit))) {
      return;
    }
    const trip: OutflowTrip = {
      tripId: newId(),
      participantId,
      currency,
      outflowMinor,
      limitMinor,
      trippedAt: now(),
      proposal: undefined,
    };
    // It holds here at once, and is told to the others as soon as that can be done.
    trips.set(keyOf(limit), trip);
    untold.set(keyOf(limit), trip);
    refreshInTurn().catch(onError);
  }

  async function flush(): Promise<void> {
    const sent = parts;
    if (sent.size === 0) {
      return;
    }
    parts = new Map();
    try {
      await store.addParts(database, [...sent.values()]);
    } catch (error) {
      for (const part of sent.values()) {
        add(parts, part);
      }
      throw error;
    }
  }

  async function refresh(): Promise<void> {
    await flush();
    for (const [key, trip] of untold) {
      await store.trip(database, trip);
      untold.delete(key);
    }
    const limits = await store.listLimits(database, now());
    const open = await store.listTrips(database);
    const unsent = new Map<string, bigint>();
    for (const part of parts.values()) {
      const key = countKeyOf(part);
      unsent.set(key, (unsent.get(key) ?? 0n) + part.amountMinor);
    }
    trips = new Map([...open.map((trip) => [keyOf(trip), trip] as const), ...untold]);
    counters = new Map(
      limits.map(({ limit, flownMinor }) => {
        const key = keyOf(limit);
        return [key, { limit, storedMinor: flownMinor, ownMinor: unsent.get(countKeyOf(limit)) ?? 0n }];
      }),
    );
    for (const counter of counters.values()) {
      tripIfOver(counter);
    }
  }

  /** One after the other, so that what was read earlier never replaces what was read later. */
  function refreshInTurn(): Promise<void> {
    turn = turn.then(refresh, refresh);
    return turn;
  }

  await refreshInTurn();
  const stopRepeating = options.repeat(refreshInTurn, { everyMs: options.refreshMs, onError });
  return {
    assertClosed(position) {
      if (trips.size > 0 && trips.has(keyOf(position))) {
        throw new RiskError('OUTFLOW_BREAKER_OPEN');
      }
    },
    note,
    list: () =>
      [...counters].map(([key, { limit, storedMinor, ownMinor }]) => ({
        limit,
        flownMinor: storedMinor + ownMinor,
        trip: trips.get(key),
      })),
    refresh: refreshInTurn,
    async stop() {
      await stopRepeating();
      // A breaker that has just opened is told to the others first; whoever asked hears of a failure.
      await turn.catch(() => undefined);
    },
  };
}

/** A position and the count it is in; a count that was begun anew has nothing of the one before. */
function countKeyOf(counted: Position & { readonly countedFrom: Date }): string {
  return `${keyOf(counted)} ${counted.countedFrom.getTime()}`;
}

function add(parts: Map<string, OutflowPart>, part: OutflowPart): void {
  const key = `${countKeyOf(part)} ${part.bucket}`;
  const before = parts.get(key)?.amountMinor ?? 0n;
  parts.set(key, { ...part, amountMinor: before + part.amountMinor });
}
