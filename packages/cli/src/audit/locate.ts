import type { Finding } from './finding.ts';
import { append, appendAll, rootOf, type Tree } from './tree.ts';

/** Leaves that should lead from one tree head to the next, and do not. */
export interface BrokenSpan {
  /** The tree before them, which is right. */
  readonly before: Tree;
  /** The leaves of the span as given, and those that follow it. */
  readonly leaves: readonly Buffer[];
  /** The head that they miss. */
  readonly size: number;
  readonly root: Buffer;
  /** Leaf hashes that have lost their place. */
  readonly unplaced: readonly Buffer[];
}

/** Spans up to this long are tried with any two leaves exchanged; longer ones with neighbours only. */
const exchangedMax = 48;

/** Finds out what was done to the leaves of a span: the one small change that makes the signed root fit. */
export function locateChange(span: BrokenSpan): Finding {
  const { before, size } = span;
  const inserted = findInserted(span);
  if (inserted !== undefined) {
    return {
      code: 'AUDIT_LEAF_INSERTED',
      message: `Leaf ${inserted} does not belong: without it the signed tree head of ${size} leaves fits.`,
      index: inserted,
      size,
    };
  }
  const edited = findEdited(span);
  if (edited !== undefined) {
    return {
      code: 'AUDIT_LEAF_EDITED',
      message: `The hash of leaf ${edited} was changed: with its own the tree head of ${size} leaves fits.`,
      index: edited,
      size,
    };
  }
  const exchanged = findExchanged(span);
  if (exchanged !== undefined) {
    const [index, last] = exchanged;
    return {
      code: 'AUDIT_LEAVES_REORDERED',
      message: `Leaves ${index} and ${last} changed places: put back, the tree head of ${size} leaves fits.`,
      index,
      last,
      size,
    };
  }
  return {
    code: 'AUDIT_LEAVES_CHANGED',
    message: `Leaves ${before.size} to ${size - 1} are not those of the signed tree head of ${size} leaves.`,
    index: before.size,
    last: size - 1,
    size,
  };
}

/** The leaf without which the span fits. */
function findInserted({ before, leaves, size, root }: BrokenSpan): number | undefined {
  const length = size - before.size;
  let start = before;
  for (const [at, leaf] of leaves.slice(0, length + 1).entries()) {
    const rest = leaves.slice(at + 1, length + 1);
    if (rest.length === length - at && rootOf(appendAll(start, rest)).equals(root)) {
      return before.size + at;
    }
    start = append(start, leaf);
  }
  return undefined;
}

/** The leaf that one of the hashes without place belongs to. */
function findEdited({ before, leaves, size, root, unplaced }: BrokenSpan): number | undefined {
  const span = leaves.slice(0, size - before.size);
  let start = before;
  for (const [at, leaf] of span.entries()) {
    const rest = span.slice(at + 1);
    if (unplaced.some((hash) => rootOf(appendAll(append(start, hash), rest)).equals(root))) {
      return before.size + at;
    }
    start = append(start, leaf);
  }
  return undefined;
}

function findExchanged({ before, leaves, size, root }: BrokenSpan): readonly [number, number] | undefined {
  const length = size - before.size;
  const span = leaves.slice(0, length);
  const reach = length <= exchangedMax ? length : 2;
  for (let one = 0; one < span.length; one += 1) {
    for (let other = one + 1; other < Math.min(span.length, one + reach); other += 1) {
      const put = [...span];
      [put[one], put[other]] = [span[other] as Buffer, span[one] as Buffer];
      if (rootOf(appendAll(before, put)).equals(root)) {
        return [before.size + one, before.size + other];
      }
    }
  }
  return undefined;
}
