/** Calls that wait while a batch commits, and go together in the next one. There is no timer and no delay. */
export interface Group<Row, Result> {
  /** @returns the results of these rows, once the batch they went in has committed. */
  add(rows: readonly Row[]): Promise<readonly Result[]>;
}

interface Call<Row, Result> {
  readonly rows: readonly Row[];
  resolve(results: readonly Result[]): void;
  reject(error: unknown): void;
}

/**
 * `commit` gets whole calls and answers each; it is never called while `batchesMax` earlier ones still run.
 */
export function createGroup<Row, Result>(options: {
  readonly rowsMax: number;
  readonly batchesMax: number;
  commit(calls: readonly (readonly Row[])[]): Promise<readonly (readonly Result[])[]>;
}): Group<Row, Result> {
  const waiting: Call<Row, Result>[] = [];
  let running = 0;

  async function run(): Promise<void> {
    running += 1;
    try {
      for (let calls = take(); calls.length > 0; calls = take()) await commitCalls(calls);
    } finally {
      running -= 1;
    }
  }

  function take(): readonly Call<Row, Result>[] {
    let rows = 0;
    let count = 0;
    for (const call of waiting) {
      if (count > 0 && rows + call.rows.length > options.rowsMax) break;
      rows += call.rows.length;
      count += 1;
    }
    return waiting.splice(0, count);
  }

  async function commitCalls(calls: readonly Call<Row, Result>[]): Promise<void> {
    try {
      const results = await options.commit(calls.map((call) => call.rows));
      calls.forEach((call, index) => {
        call.resolve(results[index] ?? []);
      });
    } catch (error) {
      for (const call of calls) call.reject(error);
    }
  }

  return {
    add: (rows) =>
      new Promise((resolve, reject) => {
        waiting.push({ rows, resolve, reject });
        // Started in a later turn, so that calls made in this one go together.
        if (running < options.batchesMax) queueMicrotask(() => running < options.batchesMax && void run());
      }),
  };
}
