import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { needPublished } from '@barlink/testing';
import type { Finding } from '../src/audit/finding.ts';
import { readHash, readKeys, verifyHead } from '../src/audit/head.ts';
import { checkHeads } from '../src/audit/heads.ts';
import { appendAll, emptyTree, hashLeaf, isConsistent, rootOf } from '../src/audit/tree.ts';
import { verifyExport } from '../src/audit/verify-export.ts';
import { verifyLog } from '../src/audit/verify-log.ts';
import { barlink, useFolder } from './command.ts';

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../spec/vectors/audit/${name}.json`, import.meta.url), 'utf8'));
const bytes = (text: string) => Buffer.from(text, 'base64url');

interface ExportCase {
  readonly name: string;
  readonly seen?: readonly string[];
  readonly remove: readonly number[];
  readonly put: readonly { readonly at: number; readonly line: object }[];
  readonly findings: readonly Omit<Finding, 'message'>[];
}

const exported: {
  readonly keys: readonly object[];
  readonly witnessKeys: readonly object[];
  readonly whole: readonly object[];
  readonly cases: readonly ExportCase[];
} = read('exports');

function linesOf({ remove, put }: Pick<ExportCase, 'remove' | 'put'>): readonly string[] {
  const lines = exported.whole.filter((_, at) => !remove.includes(at));
  for (const { at, line } of put) {
    lines.splice(at, 0, line);
  }
  return lines.map((line) => JSON.stringify(line));
}

describe('barlink audit verify', () => {
  const path = useFolder();
  const keys = readKeys({ keys: exported.keys });
  const witnessKeys = readKeys({ keys: exported.witnessKeys });

  for (const vector of exported.cases) {
    it(`finds what there is to find in an export: ${vector.name}`, () => {
      const { heads: seen } = checkHeads(vector.seen ?? [], keys);
      const report = verifyExport(linesOf(vector), { keys, witnessKeys, seen });
      assert.deepEqual(
        report.findings.map(({ message: _, ...finding }) => finding),
        vector.findings,
      );
    });
  }

  it('sees every changed byte of a record, a salt, a leaf and a head', () => {
    for (const [at, line] of exported.whole.entries()) {
      for (const [name, value] of Object.entries(line)) {
        if (typeof value !== 'string' || !['record', 'salt', 'leaf', 'signed'].includes(name)) {
          continue;
        }
        for (const place of [0, Math.floor(value.length / 2), value.length - 2]) {
          const changed = value.slice(0, place) + (value[place] === 'A' ? 'B' : 'A') + value.slice(place + 1);
          const lines = exported.whole.map((each, index) =>
            JSON.stringify(index === at ? { ...each, [name]: changed } : each),
          );
          const { findings } = verifyExport(lines, { keys, witnessKeys });
          assert.ok(findings.length > 0, `${name} of line ${at}, character ${place}`);
        }
      }
    }
  });

  it('ends with 0 and says so when nothing was found; with 1 and the leaf when something was', async () => {
    writeFileSync(path('keys.json'), JSON.stringify({ keys: exported.keys }));
    writeFileSync(path('witness.json'), JSON.stringify({ keys: exported.witnessKeys }));
    writeFileSync(path('whole.ndjson'), linesOf({ remove: [], put: [] }).join('\n'));
    const args = ['--switch-keys', path('keys.json'), '--witness-keys', path('witness.json')];
    const whole = await barlink(['audit', 'verify', path('whole.ndjson'), ...args, '--seen', path('seen')]);
    assert.deepEqual([whole.exit, whole.err], [0, '']);
    assert.match(whole.out, /whole: nothing was found/);
    assert.ok(verifyHead(readFileSync(path('seen'), 'utf8').trim(), keys)?.size === 12);

    const edited = exported.cases.find(({ name }) => name === 'an edited record') as ExportCase;
    writeFileSync(path('edited.ndjson'), linesOf(edited).join('\n'));
    const told = await barlink(['audit', 'verify', path('edited.ndjson'), ...args]);
    assert.equal(told.exit, 1);
    assert.match(told.out, /The record of leaf 6 .* is not what was committed to\. AUDIT_LEAF_EDITED/);
    assert.ok(!told.out.includes('    at '), 'no stack trace');

    const piped = await barlink(['audit', 'verify', '-', ...args, '--json'], {
      input: linesOf(edited).join('\n'),
    });
    assert.deepEqual(
      JSON.parse(piped.out).findings.map(({ code, index }: Finding) => [code, index]),
      [['AUDIT_LEAF_EDITED', 6]],
    );
  });

  for (const [what, args, exit, code] of [
    ['neither an export nor a switch', [], 2, 'CLI_OPTION_INVALID'],
    ['both', ['x.ndjson', '--url', 'http://127.0.0.1:9'], 2, 'CLI_OPTION_INVALID'],
    ['an export that is not there', ['x.ndjson'], 3, 'CLI_FILE_UNREADABLE'],
    ['a switch that does not answer', ['--url', 'http://127.0.0.1:9'], 3, 'CLI_SWITCH_UNREACHABLE'],
  ] as const) {
    it(`tells of ${what} in one line`, async () => {
      writeFileSync(path('keys.json'), JSON.stringify({ keys: exported.keys }));
      const ended = await barlink(['audit', 'verify', ...args, '--switch-keys', path('keys.json'), '--json']);
      assert.deepEqual([ended.exit, JSON.parse(ended.out).error.code], [exit, code]);
      assert.equal(ended.err, '');
    });
  }
});

describe('the verifier', () => {
  const trees: {
    readonly leaves: readonly string[];
    readonly trees: readonly { size: number; root: string }[];
    readonly consistency: readonly { first: number; second: number; path: readonly string[] }[];
  } = read('trees');
  const treeOf = (size: number) => appendAll(emptyTree, trees.leaves.slice(0, size).map(bytes));

  it('computes leaves and roots of the vectors', () => {
    for (const { salt, record, leaf } of read('leaves').leaves) {
      assert.equal(hashLeaf(bytes(salt), record).toString('base64url'), leaf);
    }
    for (const { size, root } of trees.trees) {
      assert.equal(rootOf(treeOf(size)).toString('base64url'), root);
    }
  });

  it('takes the consistency proofs of the vectors, and none that was changed', () => {
    for (const { first, second, path } of trees.consistency) {
      const [one, other] = [first, second].map((size) => ({ size, root: rootOf(treeOf(size)) }));
      assert.ok(one !== undefined && other !== undefined);
      const hashes = path.map(bytes);
      assert.ok(isConsistent(one, other, hashes), `${first} ${second}`);
      assert.ok(!isConsistent(one, other, [...hashes, Buffer.alloc(32)]));
      for (const at of hashes.keys()) {
        assert.ok(!isConsistent(one, other, hashes.toSpliced(at, 1)));
        assert.ok(!isConsistent(one, other, hashes.toSpliced(at, 1, Buffer.alloc(32))));
      }
      const wrong = { ...one, root: Buffer.alloc(32) };
      assert.ok(!isConsistent(wrong, other, hashes));
    }
  });

  it('takes the published consistency proofs of RFC 9162 that must be taken, and no others', function () {
    interface Case {
      readonly id: string;
      readonly size1: string;
      readonly size2: string;
      readonly root1: string;
      readonly root2: string;
      readonly proof: readonly string[] | null;
      readonly wantErr: boolean;
    }
    const { consistency } = needPublished<{ consistency: readonly Case[] }>(
      this,
      'crypto/merkle_rfc9162_proofs.json',
    );
    const hashOf = (text: string) => readHash(Buffer.from(text, 'base64').toString('base64url'));
    let taken = 0;
    for (const { id, size1, size2, root1, root2, proof, wantErr } of consistency) {
      const [one, other] = [hashOf(root1), hashOf(root2)];
      const path = (proof ?? []).map((text) => hashOf(text));
      const hashes = path.filter((hash) => hash !== undefined);
      // What is not 32 bytes is no hash and never reaches the proof.
      const isRead = one !== undefined && other !== undefined && hashes.length === path.length;
      const first = { size: Number(size1), root: one ?? Buffer.alloc(0) };
      const second = { size: Number(size2), root: other ?? Buffer.alloc(0) };
      const isTaken = isRead && isConsistent(first, second, hashes);
      assert.equal(isTaken, !wantErr && isRead, id);
      taken += isTaken ? 1 : 0;
    }
    assert.deepEqual([consistency.length, taken], [98, 5]);
  });

  it('computes the published roots of RFC 9162', function () {
    type Roots = { readonly leavesHex: readonly string[]; readonly rootsHexForFirstN: readonly string[] };
    const { leavesHex, rootsHexForFirstN } = needPublished<Roots>(this, 'crypto/merkle_rfc6962_roots.json');
    const leaves = leavesHex.map((hex) => hashLeaf(Buffer.from(hex, 'hex'), ''));
    for (const [at, root] of rootsHexForFirstN.entries()) {
      assert.equal(rootOf(appendAll(emptyTree, leaves.slice(0, at + 1))).toString('hex'), root);
    }
    assert.equal(leaves.length, 8);
  });

  it('is not satisfied by a log that answers with proofs of another one', async () => {
    const keys = readKeys({ keys: exported.keys });
    const signed: readonly { signed: string; size: number }[] = read('heads').heads;
    const { heads } = checkHeads(
      signed.map((head) => head.signed),
      keys,
    );
    const ask = async (path: string) =>
      path.startsWith('/v1/log/heads/')
        ? { heads: signed.filter(({ size }) => size > Number(path.split('/').at(-1))) }
        : { path: [] };
    const { findings } = await verifyLog(ask, { keys, seen: heads.slice(0, 1), by: 'proofs' });
    assert.deepEqual(
      findings.map(({ code, size }) => [code, size]),
      [
        ['AUDIT_LOG_FORKED', 7],
        ['AUDIT_LOG_FORKED', 12],
      ],
    );
  });
});
