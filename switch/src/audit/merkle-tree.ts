import { hash } from 'node:crypto';

/** Hashes in one tile: the lowest eight levels of a subtree are computed from them. */
export const tileWidth = 256;
/** Bytes of a hash. */
export const hashBytes = 32;

/** 256 neighbouring nodes of level `8 * level`; full, or the right edge of its level. */
export interface Tile {
  readonly level: number;
  readonly position: number;
  readonly hashes: Uint8Array;
}

/** A tree that leaves were appended to. */
export interface Appended {
  /** What does not fill a tile yet, by level. */
  readonly edges: readonly Uint8Array[];
  /** Tiles that became full. */
  readonly tiles: readonly Tile[];
}

/** RFC 9162 2.1.1: the hash of an inner node. */
function hashNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  return foldHashes(Buffer.concat([left, right]));
}

const nodePrefix = 1;
/** An inner node's input, used again for each. */
const pair = Buffer.alloc(1 + 2 * hashBytes, nodePrefix);

/** The hash of a tree over neighbouring subtrees of one height, of which only the last may be smaller. */
export function foldHashes(hashes: Uint8Array): Uint8Array {
  if (hashes.length === 0) {
    return hash('sha256', '', 'buffer');
  }
  // Neighbours lie side by side, so a pair is one copy; each level overwrites the one below it.
  const level = Buffer.from(hashes);
  for (let width = level.length / hashBytes; width > 1; width = Math.ceil(width / 2)) {
    for (let at = 0; at + 1 < width; at += 2) {
      level.copy(pair, 1, at * hashBytes, (at + 2) * hashBytes);
      // As text: for a buffer of its own node takes five times as long as for the hash.
      level.write(hash('sha256', pair, 'binary'), (at / 2) * hashBytes, 'latin1');
    }
    if (width % 2 === 1) {
      level.copyWithin(((width - 1) / 2) * hashBytes, (width - 1) * hashBytes, width * hashBytes);
    }
  }
  return level.subarray(0, hashBytes);
}

/** Leaves in a tree with these edges. */
export function sizeOf(edges: readonly Uint8Array[]): number {
  return edges.reduce((size, edge, level) => size + (edge.length / hashBytes) * tileWidth ** level, 0);
}

/** The root of a tree with these edges. */
export function rootOf(edges: readonly Uint8Array[]): Uint8Array {
  let carried: Uint8Array = new Uint8Array();
  for (const edge of edges) {
    const hashes = Buffer.concat([edge, carried]);
    carried = hashes.length === 0 ? hashes : foldHashes(hashes);
  }
  return carried.length === 0 ? foldHashes(carried) : carried;
}

/** Appends leaf hashes. What lies left of the edges is neither needed nor changed. */
export function appendLeaves(edges: readonly Uint8Array[], leaves: Uint8Array): Appended {
  const size = sizeOf(edges);
  const grown: Uint8Array[] = [...edges];
  const tiles: Tile[] = [];
  let arriving = leaves;
  for (let level = 0; arriving.length > 0 || level < grown.length; level += 1) {
    const hashes = Buffer.concat([grown[level] ?? new Uint8Array(), arriving]);
    const full = Math.floor(hashes.length / (tileWidth * hashBytes));
    const first = Math.floor(size / tileWidth ** (level + 1));
    const roots: Uint8Array[] = [];
    for (let at = 0; at < full; at += 1) {
      const tile = hashes.subarray(at * tileWidth * hashBytes, (at + 1) * tileWidth * hashBytes);
      tiles.push({ level, position: first + at, hashes: tile });
      roots.push(foldHashes(tile));
    }
    grown[level] = hashes.subarray(full * tileWidth * hashBytes);
    arriving = Buffer.concat(roots);
  }
  return { edges: grown, tiles };
}

/** Leaves from `start` up to and without `end`. */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}

/** The subtrees whose hashes prove that leaf `index` is in the tree of `size` (RFC 9162 2.1.3.1). */
export function planInclusion(index: number, size: number): readonly LeafRange[] {
  const ranges: LeafRange[] = [];
  let range = { start: 0, end: size };
  while (range.end - range.start > 1) {
    const [left, right] = splitRange(range);
    const isLeft = index < left.end;
    ranges.unshift(isLeft ? right : left);
    range = isLeft ? left : right;
  }
  return ranges;
}

/** The subtrees whose hashes prove that the tree of `first` leaves begins that of `second` (2.1.4.1). */
export function planConsistency(first: number, second: number): readonly LeafRange[] {
  const ranges: LeafRange[] = [];
  let range = { start: 0, end: second };
  while (first < range.end) {
    const [left, right] = splitRange(range);
    const isLeft = first <= left.end;
    ranges.unshift(isLeft ? right : left);
    range = isLeft ? left : right;
  }
  // The old tree itself needs no hash: whoever checks has its root.
  return range.start === 0 ? ranges : [range, ...ranges];
}

function splitRange({ start, end }: LeafRange): readonly [LeafRange, LeafRange] {
  let half = 1;
  while (half * 2 < end - start) {
    half *= 2;
  }
  return [
    { start, end: start + half },
    { start: start + half, end },
  ];
}

/** Where a tile stands. */
export type TilePlace = Pick<Tile, 'level' | 'position'>;

/** The tiles that the hashes of these ranges are computed from. */
export function listTiles(ranges: readonly LeafRange[]): readonly TilePlace[] {
  const places = new Map<string, TilePlace>();
  for (const { level, at } of ranges.flatMap(listNodes)) {
    const place = placeOf(level, at);
    places.set(keyOf(place), place);
  }
  return [...places.values()];
}

/** The hash of a range, out of tiles that hold it. */
export function hashRange(range: LeafRange, tiles: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const hashes = listNodes(range).map(({ level, at }) => {
    const place = placeOf(level, at);
    const width = 2 ** (level % 8);
    const from = (at * width - place.position * tileWidth) * hashBytes;
    const part = tiles.get(keyOf(place))?.subarray(from, from + width * hashBytes);
    if (part?.length !== width * hashBytes) {
      throw new Error(`tile ${keyOf(place)} of the log does not hold what the tree needs`);
    }
    return foldHashes(part);
  });
  return hashes.reduceRight((right, left) => hashNode(left, right));
}

/** The name of a tile in a map. */
export function keyOf({ level, position }: TilePlace): string {
  return `${level}/${position}`;
}

function placeOf(level: number, at: number): TilePlace {
  const width = 2 ** (level % 8);
  return { level: Math.floor(level / 8), position: Math.floor((at * width) / tileWidth) };
}

/** A range of a tree as complete subtrees, from left to right: node `at` of `level`. */
function listNodes(range: LeafRange): readonly { readonly level: number; readonly at: number }[] {
  const nodes: { level: number; at: number }[] = [];
  let { start } = range;
  while (start < range.end) {
    let level = 0;
    while (start % 2 ** (level + 1) === 0 && start + 2 ** (level + 1) <= range.end) {
      level += 1;
    }
    nodes.push({ level, at: start / 2 ** level });
    start += 2 ** level;
  }
  return nodes;
}
