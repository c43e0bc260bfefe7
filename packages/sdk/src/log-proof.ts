import { createHash } from 'node:crypto';

/** A tree by its size and root. */
export interface TreeName {
  readonly size: number;
  readonly root: Buffer;
}

/** True when the path proves that the first tree begins the second (RFC 9162 2.1.4.2). */
export function isConsistent(first: TreeName, second: TreeName, path: readonly Buffer[]): boolean {
  // A tree without leaves begins every other: there is nothing to prove.
  if (first.size < 1) {
    return false;
  }
  if (first.size >= second.size) {
    return path.length === 0 && first.size === second.size && first.root.equals(second.root);
  }
  // A tree of a power of two leaves is itself the first hash of the path.
  const hashes = Number.isInteger(Math.log2(first.size)) ? [first.root, ...path] : [...path];
  let node = first.size - 1;
  let last = second.size - 1;
  const up = () => {
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  };
  while (node % 2 === 1) {
    up();
  }
  const start = hashes.shift();
  if (start === undefined) {
    return false;
  }
  let [older, newer] = [start, start];
  for (const hash of hashes) {
    if (last === 0) {
      return false;
    }
    if (node % 2 === 1 || node === last) {
      older = hashPair(hash, older);
      newer = hashPair(hash, newer);
      while (node % 2 === 0 && node !== 0) {
        up();
      }
    } else {
      newer = hashPair(newer, hash);
    }
    up();
  }
  return last === 0 && older.equals(first.root) && newer.equals(second.root);
}

function hashPair(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();
}
