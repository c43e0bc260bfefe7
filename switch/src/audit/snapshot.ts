/**
 * Which transactions a tree head covers, as PostgreSQL writes it (`pg_snapshot`): all below `before` except
 * those in `except`, which were still open.
 */
export interface Snapshot {
  readonly before: bigint;
  /** Ascending. */
  readonly except: readonly bigint[];
}

/** Before the first tree head: nothing is covered. */
export const emptySnapshot: Snapshot = { before: 1n, except: [] };

/** Reads `xmin:xmax:xip,xip`. */
export function parseSnapshot(text: string): Snapshot {
  const match = /^\d+:(\d+):((?:\d+,)*\d+)?$/.exec(text);
  if (match === null) {
    throw new Error('the database did not give a snapshot');
  }
  const [, before = '', except = ''] = match;
  return { before: BigInt(before), except: except.split(',').filter(Boolean).map(BigInt) };
}

/** Writes `xmin:xmax:xip,xip`. */
export function formatSnapshot({ before, except }: Snapshot): string {
  return `${except[0] ?? before}:${before}:${except.join(',')}`;
}

/**
 * The transactions covered once those of `seen` below `cut` are too, where only part of what is new was
 * taken. What `covered` had is kept; without `cut` everything that `seen` shows is covered.
 */
export function advanceSnapshot(covered: Snapshot, seen: Snapshot, cut: bigint | undefined): Snapshot {
  if (seen.before < covered.before) {
    throw new Error('the log is ahead of the transactions here: it was moved to another server');
  }
  if (cut === undefined) {
    return seen;
  }
  const before = cut > covered.before ? cut : covered.before;
  const except = new Set([
    ...seen.except.filter((transaction) => transaction < before),
    ...covered.except.filter((transaction) => transaction >= cut),
  ]);
  return { before, except: [...except].sort((one, other) => (one < other ? -1 : 1)) };
}

/** Whether a transaction that has ended is covered. */
export function isCovered(transaction: bigint, { before, except }: Snapshot): boolean {
  return transaction < before && !except.includes(transaction);
}
