import type { Beat } from './beat.ts';

/**
 * Answers single look-ups with few queries: while one query runs, the keys of the next one gather.
 *
 * With a `beat`, a query also waits for its rest, so that under load the look-ups of many payments share one.
 * A key is read after it was asked for, never from a cache, so what another process committed before is seen.
 */
export function createBatchLoader<Key, Value>(options: {
  readonly load: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>;
  readonly batchMax: number;
  readonly beat?: Beat | undefined;
}): (key: Key) => Promise<Value | undefined> {
  const { load, batchMax, beat } = options;
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
        const found = await load([...new Set(batch.map((entry) => entry.key))]);
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
      waiting.push({ key, resolve, reject });
      if (!running) {
        running = true;
        setImmediate(() => void drain());
      }
    });
}
