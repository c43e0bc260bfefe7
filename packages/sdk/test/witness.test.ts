import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { generateSigningKey } from '@barlink/signing';
import { needPublished } from '@barlink/testing';
import { createWitness, SdkError, type Transport } from '../src/index.ts';
import { isConsistent } from '../src/log-proof.ts';

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../spec/vectors/audit/${name}.json`, import.meta.url), 'utf8'));
const bytes = (text: string) => Buffer.from(text, 'base64url');

/** A switch that shows one signed head and no proof that it continues another. */
async function createBench(shown: string, remembered: string | undefined) {
  const { keys } = read('heads');
  const written: string[] = [];
  const sent: string[] = [];
  const transport: Transport = {
    async send({ method, path }) {
      sent.push(`${method} ${path}`);
      const answer = path.includes('consistency') ? { path: [] } : { signed: shown, cosignatures: [] };
      return { status: 200, signature: undefined, body: Buffer.from(JSON.stringify(answer)) };
    },
    close: async () => undefined,
  };
  const witness = createWitness({
    switchUrl: 'http://127.0.0.1:9',
    participantId: 'bank-north',
    key: await generateSigningKey('ES256'),
    switchKeys: keys,
    transport,
    deadlineMs: 50,
    memory: {
      read: async () => remembered,
      write: async (signed) => void written.push(signed),
    },
  });
  return { witness, written, sent };
}

function refusedWith(code: string) {
  return (error: unknown) => error instanceof SdkError && error.code === code;
}

describe('a witness', () => {
  const heads: readonly { size: number; signed: string }[] = read('heads').heads;
  const [three = '', seven = '', twelve = ''] = heads.map(({ signed }) => signed);
  /** Another tree of seven leaves, signed by the same switch. */
  const forked: string = read('exports').cases.find(
    ({ name }: { name: string }) => name === 'a fork from what was seen before',
  ).seen[0];

  it('keeps a head before it cosigns it', async () => {
    const { witness, written, sent } = await createBench(seven, undefined);
    // The answer to the cosignature is not signed, so what became of it is not known; the memory is.
    await assert.rejects(witness.watch(), refusedWith('ANSWER_SIGNATURE_INVALID'));
    assert.deepEqual(written, [seven]);
    assert.equal(sent[1], 'POST /v1/log/sth/7/cosignatures');
  });

  for (const [what, seen, shown] of [
    ['another tree of the same size', forked, seven],
    ['a larger tree without a proof', seven, twelve],
    ['a smaller tree', seven, three],
  ] as const) {
    it(`cosigns nothing, keeps what it knows and has the evidence when it is shown ${what}`, async () => {
      const { witness, written, sent } = await createBench(shown, seen);
      await assert.rejects(witness.watch(), (error: unknown) => {
        assert.ok(refusedWith('LOG_HEAD_INCONSISTENT')(error));
        assert.deepEqual((error as SdkError).cause, { seen, shown });
        return true;
      });
      assert.deepEqual(written, []);
      assert.ok(sent.every((request) => request.startsWith('GET ')));
    });
  }

  for (const [what, head] of [
    ['is not signed', 'x.y.z'],
    ['was changed', `${seven.slice(0, -4)}AAAA`],
    ['has more parts', `${seven}.x`],
  ] as const) {
    it(`refuses a head that ${what}`, async () => {
      const { witness, written } = await createBench(head, undefined);
      await assert.rejects(witness.watch(), refusedWith('LOG_HEAD_INVALID'));
      assert.deepEqual(written, []);
    });
  }

  it('takes the consistency proofs of the vectors and no others', () => {
    const { trees, consistency } = read('trees');
    const nameOf = (size: number) => ({ size, root: bytes(trees[size].root) });
    for (const { first, second, path } of consistency) {
      const hashes: Buffer[] = path.map(bytes);
      assert.ok(isConsistent(nameOf(first), nameOf(second), hashes));
      assert.ok(!isConsistent(nameOf(first), nameOf(second), [...hashes, Buffer.alloc(32)]));
      for (const at of hashes.keys()) {
        assert.ok(!isConsistent(nameOf(first), nameOf(second), hashes.toSpliced(at, 1)));
      }
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
    type Data = { readonly consistency: readonly Case[] };
    const { consistency } = needPublished<Data>(this, 'crypto/merkle_rfc9162_proofs.json');
    const decode = (text: string) => Buffer.from(text, 'base64');
    for (const { id, size1, size2, root1, root2, proof, wantErr } of consistency) {
      const first = { size: Number(size1), root: decode(root1) };
      const second = { size: Number(size2), root: decode(root2) };
      assert.equal(isConsistent(first, second, (proof ?? []).map(decode)), !wantErr, id);
    }
    assert.equal(consistency.length, 98);
  });
});
