import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { needPublished } from '@barlink/testing';
import fc from 'fast-check';
import { climbTree, growTree, pathLength } from '../src/merkle.ts';

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const leafOf = (hex: string) => hash(Buffer.from(`00${hex}`, 'hex'));

/** Leaves and roots that the implementations of Certificate Transparency test with. */
const published = [
  ['', '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
  ['00', 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
  ['10', 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
  ['2021', 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'],
  ['3031', '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4'],
  ['40414243', '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef'],
  ['5051525354555657', 'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c'],
  ['606162636465666768696a6b6c6d6e6f', '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'],
] as const;

/** RFC 9162 section 2.1.1, word for word. */
function treeHash(leaves: readonly Uint8Array[]): Uint8Array {
  const [first = new Uint8Array(0)] = leaves;
  if (leaves.length === 1) {
    return first;
  }
  let split = 1;
  while (split * 2 < leaves.length) {
    split *= 2;
  }
  const halves = [treeHash(leaves.slice(0, split)), treeHash(leaves.slice(split))];
  return hash(Buffer.concat([Buffer.of(1), ...halves]));
}

describe('growTree', () => {
  it('finds the published roots', () => {
    for (const [at, [, root]] of published.entries()) {
      const leaves = published.slice(0, at + 1).map(([hex]) => leafOf(hex));
      assert.equal(Buffer.from(growTree(leaves, hash).root).toString('hex'), root);
    }
  });

  it('agrees with RFC 9162 for every size up to 64, and every path leads to the root', () => {
    for (let size = 1; size <= 64; size += 1) {
      const leaves = Array.from({ length: size }, (_, at) => leafOf(at.toString(16).padStart(4, '0')));
      const { root, inclusions } = growTree(leaves, hash);
      assert.deepEqual(Buffer.from(root), Buffer.from(treeHash(leaves)));
      for (const [at, inclusion] of inclusions.entries()) {
        assert.equal(inclusion.path.length, pathLength(at, size));
        assert.deepEqual(climbTree(leaves[at] as Uint8Array, inclusion, hash), root);
      }
    }
  });
});

describe('climbTree', () => {
  it('comes to another root, or none, from every other leaf, place, size or path', () => {
    const size = fc.integer({ min: 2, max: 64 });
    fc.assert(
      fc.property(size, fc.nat(63), fc.nat(63), size, (leafCount, from, to, otherSize) => {
        const leaves = Array.from({ length: leafCount }, (_, at) => leafOf(at.toString(16).padStart(4, '0')));
        const { root, inclusions } = growTree(leaves, hash);
        const inclusion = inclusions[from % leafCount];
        const leaf = leaves[from % leafCount];
        assert.ok(inclusion !== undefined && leaf !== undefined);
        const { path, index } = inclusion;
        const differs = (change: Partial<typeof inclusion>) =>
          assert.notDeepEqual(climbTree(leaf, { ...inclusion, ...change }, hash), root);
        if (to % leafCount !== index) {
          differs({ index: to % leafCount });
        }
        if (pathLength(index, otherSize) !== path.length) {
          differs({ size: otherSize });
        }
        differs({ path: [...path, leaf] });
        differs({ path: path.slice(0, -1) });
        differs({ index: leafCount });
        assert.notDeepEqual(climbTree(leafOf('ff'), inclusion, hash), root);
      }),
      { numRuns: 300 },
    );
  });

  it('takes the published inclusion proofs of RFC 9162 that must be taken, and no others', function () {
    interface Case {
      readonly id: string;
      readonly leafIdx: string;
      readonly treeSize: string;
      readonly root: string;
      readonly leafHash: string;
      readonly proof: readonly string[] | null;
      readonly wantErr: boolean;
    }
    const { inclusion } = needPublished<{ inclusion: readonly Case[] }>(
      this,
      'crypto/merkle_rfc9162_proofs.json',
    );
    const decode = (text: string) => Buffer.from(text, 'base64');
    for (const { id, leafIdx, treeSize, root, leafHash, proof, wantErr } of inclusion) {
      const path = (proof ?? []).map(decode);
      const place = { index: Number(leafIdx), size: Number(treeSize), path };
      const found = climbTree(decode(leafHash), place, hash);
      assert.equal(found !== undefined && decode(root).equals(found), !wantErr, id);
    }
    assert.equal(inclusion.length, 98);
  });
});
