/**
 * The hash tree of RFC 9162 section 2.1 over a few leaves held in memory: a batch of messages that are signed
 * together.
 */

/** SHA-256 of bytes. */
type Hash = (bytes: Uint8Array) => Uint8Array;

/** Where a leaf stands in a tree, and the hashes that lead from it to the root, lowest first. */
export interface Inclusion {
  readonly index: number;
  /** Leaves of the tree. */
  readonly size: number;
  readonly path: readonly Uint8Array[];
}

/** The first byte of what is hashed for a leaf; it keeps leaves and inner nodes apart. */
export const leafPrefix = 0;
const nodePrefix = 1;

/** Bytes of a hash. */
export const hashBytes = 32;

/** The root over leaf hashes (at least one), and for each leaf the way to it. */
export function growTree(
  leaves: readonly Uint8Array[],
  hash: Hash,
): { readonly root: Uint8Array; readonly inclusions: readonly Inclusion[] } {
  const levels = [leaves];
  for (let level = leaves; level.length > 1; ) {
    level = pairUp(level, hash);
    levels.push(level);
  }
  const size = leaves.length;
  const inclusions = leaves.map((_, index) => ({ index, size, path: pathOf(levels, index) }));
  return { root: levels.at(-1)?.[0] ?? new Uint8Array(0), inclusions };
}

/**
 * The root that a leaf's path leads to (RFC 9162 section 2.1.3.2); `undefined` when a path of this length
 * leads nowhere, or what should be a hash is none.
 */
export function climbTree(leaf: Uint8Array, inclusion: Inclusion, hash: Hash): Uint8Array | undefined {
  const { index, size, path } = inclusion;
  if (leaf.length !== hashBytes) {
    return undefined;
  }
  let node = leaf;
  let used = 0;
  for (let at = index, last = size - 1; last > 0; at >>= 1, last >>= 1) {
    if (isAlone(at, last)) {
      continue;
    }
    const sibling = path[used];
    if (sibling?.length !== hashBytes) {
      return undefined;
    }
    used += 1;
    node = (at & 1) === 1 ? joinNodes(sibling, node, hash) : joinNodes(node, sibling, hash);
  }
  return used === path.length && index < size ? node : undefined;
}

/** How many hashes lead from a leaf to the root. */
export function pathLength(index: number, size: number): number {
  let length = 0;
  for (let at = index, last = size - 1; last > 0; at >>= 1, last >>= 1) {
    length += isAlone(at, last) ? 0 : 1;
  }
  return length;
}

/** The last node of a level with an odd number of them has no sibling and moves up as it is. */
function isAlone(at: number, last: number): boolean {
  return at === last && (at & 1) === 0;
}

function pairUp(level: readonly Uint8Array[], hash: Hash): readonly Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let at = 0; at < level.length; at += 2) {
    const left = level[at] as Uint8Array;
    const right = level[at + 1];
    above.push(right === undefined ? left : joinNodes(left, right, hash));
  }
  return above;
}

function pathOf(levels: readonly (readonly Uint8Array[])[], index: number): readonly Uint8Array[] {
  const path: Uint8Array[] = [];
  let at = index;
  for (const level of levels) {
    const sibling = level[at ^ 1];
    if (sibling !== undefined) {
      path.push(sibling);
    }
    at >>= 1;
  }
  return path;
}

// One for all: an array of more than 64 bytes is made outside the heap, which costs more than the hash does.
const joined = new Uint8Array(1 + 2 * hashBytes);
joined[0] = nodePrefix;

function joinNodes(left: Uint8Array, right: Uint8Array, hash: Hash): Uint8Array {
  joined.set(left, 1);
  joined.set(right, 1 + hashBytes);
  return hash(joined);
}
