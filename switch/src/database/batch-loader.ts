import type { Beat } from './beat.ts';
import { QueueFull } from './queue-full.ts';

/** Keys that may wait when nothing else is said: many times what a process takes to work at once. */
const waitingMaxUsual = 10_000;

/**
 * Answers single look-ups with few queries: while one query runs, the keys of the next one gather.
 *
 * With a `beat`, a query also waits for its rest, so that under load the look-ups of many payments share one.
 * A key is read after it was asked for, never from a cache, so what another process committed before is seen.
 * Above `waitingMax` a look-up is refused with {@link QueueFull}.
 */
export function createBatchLoader<Key, Value>(options: {
  readonly load: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>;
  readonly batchMax: number;
  readonly waitingMax?: number;
  readonly beat?: Beat | undefined;
}): (key: Key) => Promise<Value | undefined> {
  const { load, batchMax, waitingMax = waitingMaxUsual, beat } = options;
  const waiting: {
    key: Key;
    resolve: (value: Value | undefined) => void;
    reject: (error: unknown) => void;
  }[] = [];
  let running = false;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      await beat?.rest();
      const batch = waiting.splice(0, batchMax);
      try {
        const loading = load([...new Set(batch.map((entry) => entry.key))]);
        beat?.along(loading);
        const found = await loading;
        for (const entry of batch) {
          entry.resolve(found.get(entry.key));
        }
      } catch (error) {
        for (const entry of batch) {
          entry.reject(error);
        }
      }
    }
    running = false;
  }

  return (key) =>
    new Promise((resolve, reject) => {
      if (waiting.length >= waitingMax) {
        reject(new QueueFull('a look-up'));
        return;
      }
      waiting.push({ key, resolve, reject });
      if (!running) {
        running = true;
        setImmediate(() => void drain());
      }
    });
}
