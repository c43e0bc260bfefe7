import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { needPublished } from '@barlink/testing';
import {
  appendLeaves,
  hashBytes,
  hashRange,
  keyOf,
  listTiles,
  planConsistency,
  planInclusion,
  rootOf,
  sizeOf,
} from '../../src/audit/merkle-tree.ts';
import { naiveRoot, rootFromInclusion, rootsFromConsistency } from '../support/naive-tree.ts';

const leafAt = (at: number) => createHash('sha256').update(`leaf ${at}`).digest();
const listLeaves = (count: number) => Array.from({ length: count }, (_, at) => leafAt(at));
const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 255, 256, 257, 511, 513, 1000, 1024, 1301];

/** A tree with all that its tables would hold. */
function grow(steps: readonly number[]) {
  const tiles = new Map<string, Uint8Array>();
  let edges: readonly Uint8Array[] = [];
  let size = 0;
  for (const step of steps) {
    const leaves = Array.from({ length: step }, (_, at) => leafAt(size + at));
    const grown = appendLeaves(edges, Buffer.concat(leaves));
    edges = grown.edges;
    size += step;
    for (const tile of grown.tiles) {
      assert.ok(!tiles.has(keyOf(tile)), 'a tile becomes full once');
      assert.equal(tile.hashes.length, 256 * hashBytes);
      tiles.set(keyOf(tile), tile.hashes);
    }
  }
  const held = new Map(tiles);
  for (const [level, hashes] of edges.entries()) {
    held.set(keyOf({ level, position: Math.floor(size / 256 ** (level + 1)) }), hashes);
  }
  return { size, edges, held };
}

describe('the tree of the log', () => {
  for (const size of sizes) {
    it(`of ${size} leaves has the root of RFC 9162 2.1.1`, () => {
      const { edges } = grow([size]);
      assert.equal(sizeOf(edges), size);
      assert.deepEqual(rootOf(edges), naiveRoot(listLeaves(size)));
    });
  }

  it('is the same however it grew', () => {
    const one = grow([1301]);
    const other = grow([1, 254, 2, 511, 0, 256, 277]);
    assert.deepEqual(other.held, one.held);
    assert.deepEqual(rootOf(other.edges), rootOf(one.edges));
  });

  it('without leaves has the root of RFC 9162', () => {
    assert.deepEqual(rootOf([]), naiveRoot([]));
  });

  it('proves that a leaf is in it, also in each of its earlier sizes', () => {
    const { held } = grow([1301]);
    for (const size of sizes) {
      const root = naiveRoot(listLeaves(size));
      for (const index of new Set([0, 1, size >> 1, 254, 255, 256, size - 2, size - 1])) {
        if (index < 0 || index >= size) {
          continue;
        }
        const proof = planInclusion(index, size).map((range) => hashRange(range, held));
        assert.ok(proof.length <= 11);
        assert.deepEqual(rootFromInclusion(leafAt(index), proof, { index, size }), root, `${index}/${size}`);
      }
    }
  });

  it('proves that each of its sizes begins each later one', () => {
    const { held } = grow([1301]);
    for (const first of sizes) {
      for (const second of sizes.filter((size) => size > first)) {
        const proof = planConsistency(first, second).map((range) => hashRange(range, held));
        const firstRoot = naiveRoot(listLeaves(first));
        const [one, other] = rootsFromConsistency(proof, { first, second, firstRoot });
        assert.deepEqual([one, other], [firstRoot, naiveRoot(listLeaves(second))], `${first}/${second}`);
      }
    }
  });

  it('reads few tiles for a proof', () => {
    const ranges = planInclusion(123_456_789, 1_000_000_000);
    assert.equal(ranges.length, 30);
    assert.ok(listTiles(ranges).length <= 14, String(listTiles(ranges).length));
  });

  it('has the roots and proofs of the vectors (spec/vectors/audit)', () => {
    const file = new URL('../../../spec/vectors/audit/trees.json', import.meta.url);
    const { leaves, trees, inclusion, consistency } = JSON.parse(readFileSync(file, 'utf8'));
    const all = Buffer.concat(leaves.map((leaf: string) => Buffer.from(leaf, 'base64url')));
    const held = new Map([['0/0', all]]);
    const text = (hash: Uint8Array) => Buffer.from(hash).toString('base64url');
    for (const { size, root } of trees) {
      assert.equal(text(rootOf([all.subarray(0, size * hashBytes)])), root);
    }
    for (const { index, size, path } of inclusion) {
      assert.deepEqual(
        planInclusion(index, size).map((range) => text(hashRange(range, held))),
        path,
      );
    }
    for (const { first, second, path } of consistency) {
      assert.deepEqual(
        planConsistency(first, second).map((range) => text(hashRange(range, held))),
        path,
      );
    }
  });

  it('has the published roots, and makes the published proofs that must be taken', function () {
    type Roots = Record<'leavesHex' | 'rootsHexForFirstN', readonly string[]>;
    type Case = Readonly<Record<string, string>> & { proof: readonly string[] | null; wantErr: boolean };
    const { leavesHex, rootsHexForFirstN } = needPublished<Roots>(this, 'crypto/merkle_rfc6962_roots.json');
    const proofs = needPublished<Record<'inclusion' | 'consistency', readonly Case[]>>(
      this,
      'crypto/merkle_rfc9162_proofs.json',
    );
    const leaves = leavesHex.map((hex) => createHash('sha256').update(`00${hex}`, 'hex').digest());
    const all = Buffer.concat(leaves);
    const held = new Map([['0/0', all]]);
    const roots = rootsHexForFirstN.map((_, at) => rootOf([all.subarray(0, (at + 1) * hashBytes)]));
    assert.deepEqual(
      roots.map((root) => Buffer.from(root).toString('hex')),
      rootsHexForFirstN,
    );
    const isOurs = (size: number, root = '') =>
      roots[size - 1] !== undefined && Buffer.from(root, 'base64').equals(roots[size - 1] ?? all);
    const text = (hash: Uint8Array) => Buffer.from(hash).toString('base64');
    let made = 0;
    for (const { leafIdx, treeSize, root, proof, wantErr } of proofs.inclusion) {
      if (!wantErr && isOurs(Number(treeSize), root)) {
        const plan = planInclusion(Number(leafIdx), Number(treeSize));
        assert.deepEqual(
          plan.map((range) => text(hashRange(range, held))),
          proof ?? [],
        );
        made += 1;
      }
    }
    for (const { size1, size2, root2, proof, wantErr } of proofs.consistency) {
      if (!wantErr && isOurs(Number(size2), root2)) {
        const plan = planConsistency(Number(size1), Number(size2));
        assert.deepEqual(
          plan.map((range) => text(hashRange(range, held))),
          proof ?? [],
        );
        made += 1;
      }
    }
    assert.equal(made, 10);
  });
});
