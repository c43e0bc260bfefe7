import { QueueFull } from './queue-full.ts';

/**
 * Puts many small effects into few transactions: while one batch commits, the next one fills. No timer, no
 * wait.
 */
export interface GroupCommit<Item, Result> {
  /**
   * Resolves after the commit that holds the item; rejects when nothing of the item was committed or that is
   * unknown, with {@link QueueFull} when it was not even taken.
   */
  submit(item: Item): Promise<Result>;
  /** Items waiting or at work. */
  readonly pending: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * `commit` writes all items in one transaction and answers them in order. When it fails for several items,
 * each is tried alone, so that one bad item cannot take its neighbours with it; `isLost` errors (the
 * connection broke, the outcome may be unknown) are not tried again.
 */
export function createGroupCommit<Item, Result>(options: {
  readonly commit: (items: readonly Item[]) => Promise<readonly Result[]>;
  readonly batchMax: number;
  readonly isLost: (error: unknown) => boolean;
  /** Items that may wait; above it those that begin something are not taken. */
  readonly waitingMax?: number;
  /** Whether an item begins something; what ends something is always taken. */
  readonly isBeginning?: (item: Item) => boolean;
  /** Runs work in a later turn of the event loop. */
  readonly soon?: (work: () => void) => unknown;
  /** What is about to bring more items, to be waited for between two batches. */
  readonly settled?: () => Promise<void> | undefined;
}): GroupCommit<Item, Result> {
  const { commit, batchMax, isLost, soon = setImmediate, settled } = options;
  const { waitingMax = Number.POSITIVE_INFINITY, isBeginning = () => true } = options;
  const queue: Waiting<Item, Result>[] = [];
  let atWork = 0;
  let running = false;

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, batchMax);
      atWork = batch.length;
      await settle(batch);
      atWork = 0;
      await settled?.();
      await oneTurn();
    }
    running = false;
  }

  // One turn of the event loop between batches: what has arrived meanwhile travels with the next one.
  function oneTurn(): Promise<void> {
    return new Promise((resolve) => soon(resolve));
  }

  async function settle(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await commit(batch.map((waiting) => waiting.item));
      batch.forEach((waiting, at) => {
        waiting.resolve(results[at] as Result);
      });
    } catch (error) {
      if (batch.length === 1 || isLost(error)) {
        for (const waiting of batch) {
          waiting.reject(error);
        }
        return;
      }
      for (const waiting of batch) {
        await settle([waiting]);
      }
    }
  }

  return {
    submit(item) {
      return new Promise<Result>((resolve, reject) => {
        if (queue.length >= waitingMax && isBeginning(item)) {
          reject(new QueueFull('the journal'));
          return;
        }
        queue.push({ item, resolve, reject });
        if (!running) {
          running = true;
          void oneTurn().then(drain);
        }
      });
    },
    get pending() {
      return queue.length + atWork;
    },
  };
}
