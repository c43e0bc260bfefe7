import { createHash } from 'node:crypto';

/**
 * The hash tree of RFC 9162 section 2.1, written a second time on purpose: the verifier shares no code with
 * the switch it checks (spec/audit.md 7).
 */
export interface Tree {
  readonly size: number;
  /** Roots of the complete subtrees from left to right, the tallest first. */
  readonly peaks: readonly Buffer[];
}

/** A tree without leaves. */
export const emptyTree: Tree = { size: 0, peaks: [] };

/** The leaf hash of a record under its salt (spec/audit.md 2). */
export function hashLeaf(salt: Buffer, record: string): Buffer {
  return createHash('sha256').update(Buffer.of(0)).update(salt).update(record, 'utf8').digest();
}

/** A tree with one leaf more. */
export function append({ size, peaks }: Tree, leaf: Buffer): Tree {
  const grown = [...peaks];
  let hash = leaf;
  // As many subtrees close as the size has ones at its end in binary.
  for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) {
    hash = join(grown.pop() as Buffer, hash);
  }
  return { size: size + 1, peaks: [...grown, hash] };
}

/** A tree with more leaves. */
export function appendAll(tree: Tree, leaves: Iterable<Buffer>): Tree {
  let grown = tree;
  for (const leaf of leaves) {
    grown = append(grown, leaf);
  }
  return grown;
}

/** The root of a tree. */
export function rootOf({ peaks }: Tree): Buffer {
  return peaks.length === 0
    ? createHash('sha256').digest()
    : peaks.reduceRight((right, left) => join(left, right));
}

/** RFC 9162 2.1.4.2. True when the path proves that the first tree begins the second. */
export function isConsistent(
  first: { readonly size: number; readonly root: Buffer },
  second: { readonly size: number; readonly root: Buffer },
  path: readonly Buffer[],
): boolean {
  if (first.size < 1) {
    // A tree without leaves begins every other, so a proof of it would prove nothing.
    return false;
  }
  if (first.size === second.size) {
    return path.length === 0 && first.root.equals(second.root);
  }
  const isPowerOfTwo = Number.isInteger(Math.log2(first.size));
  const [seed, ...rest] = isPowerOfTwo ? [first.root, ...path] : path;
  if (seed === undefined || first.size > second.size) {
    return false;
  }
  let [at, last] = [first.size - 1, second.size - 1];
  while (at % 2 === 1) {
    [at, last] = [half(at), half(last)];
  }
  let [old, recent] = [seed, seed];
  for (const hash of rest) {
    if (last === 0) {
      return false;
    }
    if (at % 2 === 1 || at === last) {
      [old, recent] = [join(hash, old), join(hash, recent)];
      while (at % 2 === 0 && at !== 0) {
        [at, last] = [half(at), half(last)];
      }
    } else {
      recent = join(recent, hash);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && old.equals(first.root) && recent.equals(second.root);
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function join(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();
}
