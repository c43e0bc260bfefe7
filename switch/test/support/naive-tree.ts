import { createHash } from 'node:crypto';

/** RFC 9162 2.1.1, word for word: slow, and with nothing in common with the tree it is compared with. */
export function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) {
    return createHash('sha256').digest();
  }
  if (leaves.length === 1) {
    return leaves[0] as Uint8Array;
  }
  let half = 1;
  while (half * 2 < leaves.length) {
    half *= 2;
  }
  return createHash('sha256')
    .update(Buffer.of(1))
    .update(naiveRoot(leaves.slice(0, half)))
    .update(naiveRoot(leaves.slice(half)))
    .digest();
}

/** RFC 9162 2.1.3.2: the root that an inclusion proof leads to. */
export function rootFromInclusion(
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
  place: { readonly index: number; readonly size: number },
): Uint8Array {
  let node = place.index;
  let last = place.size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (node % 2 === 1 || node === last) {
      hash = join(sibling, hash);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = join(hash, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return hash;
}

/** RFC 9162 2.1.4.2: the two roots that a consistency proof leads to. */
export function rootsFromConsistency(
  proof: readonly Uint8Array[],
  trees: { readonly first: number; readonly second: number; readonly firstRoot: Uint8Array },
): readonly [Uint8Array, Uint8Array] {
  const isWhole = Number.isInteger(Math.log2(trees.first));
  const path = isWhole ? [trees.firstRoot, ...proof] : [...proof];
  let node = trees.first - 1;
  let last = trees.second - 1;
  while (node % 2 === 1) {
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  let [one, other] = [path[0] as Uint8Array, path[0] as Uint8Array];
  for (const sibling of path.slice(1)) {
    if (node % 2 === 1 || node === last) {
      one = join(sibling, one);
      other = join(sibling, other);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      other = join(other, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return [one, other];
}

function join(left: Uint8Array, right: Uint8Array): Uint8Array {
  return createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();
}
