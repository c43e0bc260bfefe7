/** Chance that repeats itself: the same seed gives the same course. */
export interface Chance {
  /** From 0 (included) to 1 (excluded). */
  next(): number;
  isLikely(probability: number): boolean;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  pick<Value>(values: readonly Value[]): Value;
  bytes(count: number): Uint8Array;
}

/** Mulberry32: small, fast, and good enough to choose faults. */
export function createChance(seed: number): Chance {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    isLikely: (probability) => next() < probability,
    between,
    pick: (values) => values[between(0, values.length - 1)] as (typeof values)[number],
    bytes: (count) => Uint8Array.from({ length: count }, () => between(0, 255)),
  };
}
