import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  batchSigningKey,
  type SigningKey,
  signAnswer,
  signDetached,
  type VerificationKey,
  verifyAnswer,
  verifyDetached,
} from '../src/index.ts';
import { batchHeaderOf, forgeBatch, joinParts, jtiOf, partsOf, request, signBatch } from './batch-fixture.ts';
import {
  algorithms,
  body,
  flip,
  now,
  type Pair,
  pairOf,
  providers,
  refused,
  requestId,
  withValidity,
} from './message-fixture.ts';

const checking = ({ publicKey }: Pair, change: Partial<Parameters<typeof verifyDetached>[2]> = {}) => ({
  keyFor: () => publicKey,
  ...request,
  now,
  ...change,
});

const verified = (pair: Pair, signature: string, content: Uint8Array = body) =>
  verifyDetached(content, signature, checking(pair));

describe('a batch of signatures (spec/signing.md 7)', () => {
  for (const algorithm of algorithms) {
    for (const signer of providers) {
      for (const verifier of providers) {
        it(`holds with ${algorithm}, signed by ${signer.name} and verified by ${verifier.name}`, async () => {
          const pair = await pairOf(algorithm, signer, verifier);
          for (const size of [2, 3, 7, 64]) {
            const signatures = await signBatch(pair.key, size);
            const shared = new Set(signatures.map((signature) => signature.split('~')[1]));
            assert.equal(shared.size, 1, 'one signature');
            const messages = await Promise.all(signatures.map((signature) => verified(pair, signature)));
            assert.deepEqual(
              messages.map(({ jti }) => jti),
              signatures.map((_, at) => jtiOf(at)),
            );
          }
        });
      }
    }

    it(`refuses every changed bit of the path, the ${algorithm} signature and the body`, async () => {
      const pair = await pairOf(algorithm);
      const signatures = await signBatch(pair.key, 5);
      await fc.assert(
        fc.asyncProperty(fc.nat(4), fc.nat(511), fc.nat(1023), async (at, inSignature, inPath) => {
          const parts = partsOf(signatures[at] ?? '');
          const raw = Buffer.from(parts.signature, 'base64url');
          const forged = { ...parts, signature: flip(raw, inSignature).toString('base64url') };
          await assert.rejects(verified(pair, joinParts(forged)), refused('SIGNATURE_INVALID'));
          const path = Buffer.from(parts.path, 'base64url');
          const turned = flip(path, 8 + (inPath % ((path.length - 1) * 8))).toString('base64url');
          await assert.rejects(
            verified(pair, joinParts({ ...parts, path: turned })),
            refused('SIGNATURE_INVALID'),
          );
          const other = flip(body, inPath % (body.length * 8));
          await assert.rejects(verified(pair, joinParts(parts), other), refused('SIGNATURE_INVALID'));
        }),
        { numRuns: 30 },
      );
    });
  }

  it('refuses any other spelling of any character', async () => {
    const pair = await pairOf('ES256');
    const [, signature = ''] = await signBatch(pair.key, 3);
    await fc.assert(
      fc.asyncProperty(fc.nat(signature.length - 1), fc.integer({ min: 0, max: 127 }), async (at, code) => {
        const changed = signature.slice(0, at) + String.fromCharCode(code) + signature.slice(at + 1);
        fc.pre(changed !== signature);
        await assert.rejects(verified(pair, changed), /SigningError|Error/);
      }),
      { numRuns: 400 },
    );
    for (const spelled of [
      `${signature}=`,
      `${signature} `,
      ` ${signature}`,
      `${signature}~`,
      `~${signature}`,
    ]) {
      await assert.rejects(verified(pair, spelled), refused('SIGNATURE_MALFORMED'));
    }
  });

  it('refuses another place, another number of messages and a path of another length', async () => {
    const pair = await pairOf('ES256');
    const [, second = ''] = await signBatch(pair.key, 6);
    const parts = partsOf(second);
    const path = Buffer.from(parts.path, 'base64url');
    const withPath = (bytes: Uint8Array) =>
      joinParts({ ...parts, path: Buffer.from(bytes).toString('base64url') });
    for (const index of [0, 2, 3]) {
      const moved = Buffer.concat([Buffer.of(index), path.subarray(1)]);
      await assert.rejects(verified(pair, withPath(moved)), refused('SIGNATURE_INVALID'));
    }
    const others = [
      Buffer.concat([Buffer.of(5), path.subarray(1)]),
      Buffer.concat([Buffer.of(6), path.subarray(1)]),
      Buffer.concat([path, path.subarray(1, 33)]),
      path.subarray(0, -32),
      path.subarray(0, -1),
      path.subarray(0, 1),
      Buffer.alloc(0),
    ];
    for (const bytes of others) {
      await assert.rejects(verified(pair, withPath(bytes)), refused('SIGNATURE_MALFORMED', '/path'));
    }
  });

  it('refuses a root of another number of messages, even signed by the key', async () => {
    const pair = await pairOf('ES256');
    const signatures = await signBatch(pair.key, 6);
    const headers = signatures.map((signature) => partsOf(signature).header);
    const [first = ''] = signatures;
    for (const siz of [5, 7]) {
      const batchHeader = JSON.stringify({ ...batchHeaderOf(first), siz });
      const [forged = ''] = await forgeBatch(pair.key, { headers, batchHeader });
      // The first of 6 has as many siblings as the first of 5 and 7: another root, which the key did sign.
      await verified(pair, forged);
      const last = (await forgeBatch(pair.key, { headers, batchHeader }))[5] ?? '';
      await assert.rejects(verified(pair, last), refused('SIGNATURE_MALFORMED', '/path'));
    }
    for (const siz of [0, 1, 65, 2.5, '6', null]) {
      const batchHeader = JSON.stringify({ ...batchHeaderOf(first), siz });
      const [forged = ''] = await forgeBatch(pair.key, { headers, batchHeader });
      await assert.rejects(verified(pair, forged), refused('SIGNATURE_MALFORMED', '/batch/siz'));
    }
  });

  it('refuses a header of the batch that is not a batch\u2019s', async () => {
    const pair = await pairOf('ES256');
    const [first = '', second = ''] = await signBatch(pair.key, 2);
    const headers = [first, second].map((signature) => partsOf(signature).header);
    const good = batchHeaderOf(first);
    const iat = good.iat as number;
    const cases: readonly [object | string, string | undefined][] = [
      [{ ...good, typ: 'barlink-keyset+jws' }, '/batch/typ'],
      [{ ...good, typ: undefined }, '/batch/typ'],
      [JSON.parse(Buffer.from(partsOf(first).header, 'base64url').toString()), '/batch/typ'],
      [{ ...good, crit: ['iat'] }, '/batch'],
      [{ ...good, jwk: pair.key.publicJwk }, '/batch'],
      [{ ...good, iss: undefined }, '/batch'],
      [{ ...good, alg: 'EdDSA' }, '/batch/alg'],
      [{ ...good, alg: 'none' }, '/batch/alg'],
      [{ ...good, kid: (await pairOf('EdDSA')).key.kid }, '/batch/kid'],
      [{ ...good, iss: 'bank-b' }, '/batch/iss'],
      [{ ...good, iat: iat - 1 }, '/batch/iat'],
      [{ ...good, iat: iat + 61 }, '/batch/iat'],
      [{ ...good, iat: String(iat) }, '/batch/iat'],
      [`{"siz":3,${JSON.stringify(good).slice(1)}`, undefined],
      ['[]', undefined],
      ['{}', '/batch/typ'],
    ];
    for (const [header, path] of cases) {
      const batchHeader = typeof header === 'string' ? header : JSON.stringify(header);
      const [forged = ''] = await forgeBatch(pair.key, { headers, batchHeader });
      await assert.rejects(verified(pair, forged), refused('SIGNATURE_MALFORMED', path), batchHeader);
    }
    const later = JSON.stringify({ ...good, iat: iat + 60 });
    const [accepted = ''] = await forgeBatch(pair.key, { headers, batchHeader: later });
    await verified(pair, accepted);
  });

  it('refuses a root signed by another key under this one\u2019s name, and other batches\u2019 parts', async () => {
    const pair = await pairOf('ES256');
    const thief = await pairOf('ES256', providers[1]);
    const signatures = await signBatch(pair.key, 2);
    const [first = ''] = signatures;
    const headers = signatures.map((signature) => partsOf(signature).header);
    const batchHeader = JSON.stringify(batchHeaderOf(first));
    const [stolen = ''] = await forgeBatch(thief.key, { headers, batchHeader });
    await assert.rejects(verified(pair, stolen), refused('SIGNATURE_INVALID'));
    const [other = ''] = await signBatch(pair.key, 2, { target: '/v1/other' });
    const { batch, signature } = partsOf(other);
    const mixed = joinParts({ ...partsOf(first), batch, signature });
    await assert.rejects(verified(pair, mixed), refused('SIGNATURE_INVALID'));
    const alone = `${partsOf(first).header}..${signature}`;
    await assert.rejects(verified(pair, alone), refused('SIGNATURE_INVALID'));
  });

  it('does not take an inner node for a message', async () => {
    const pair = await pairOf('ES256');
    const signatures = await signBatch(pair.key, 4);
    const { header, path, batch, signature } = partsOf(signatures[0] ?? '');
    // The upper sibling alone, as if the message stood one level higher.
    const higher = Buffer.concat([Buffer.of(0), Buffer.from(path, 'base64url').subarray(33)]);
    const forged = joinParts({ header, path: higher.toString('base64url'), batch, signature });
    await assert.rejects(verified(pair, forged), refused('SIGNATURE_MALFORMED', '/path'));
  });

  it('accepts a message that stands in its batch twice: it is the same message, and its jti counts once', async () => {
    const pair = await pairOf('ES256');
    const together = batchSigningKey(pair.key, { issuer: 'bank-a' });
    const options = { key: together, issuer: 'bank-a', ...request, issuedAt: now, jti: requestId };
    const twice = await Promise.all([signDetached(body, options), signDetached(body, options)]);
    const messages = await Promise.all(twice.map((signature) => verified(pair, signature)));
    assert.deepEqual(messages[0], messages[1]);
  });

  it('judges each message by itself: time, key, receiver and target', async () => {
    const pair = await pairOf('ES256');
    const [signature = ''] = await signBatch(pair.key, 2);
    await verified(pair, signature);
    const check = (change: Parameters<typeof checking>[1]) =>
      verifyDetached(body, signature, checking(pair, change));
    const later = new Date(now.getTime() + 301_000);
    const revoked: VerificationKey = withValidity(pair.publicKey, { revokedAt: now });
    await assert.rejects(check({ now: later }), refused('SIGNATURE_STALE'));
    await assert.rejects(check({ keyFor: () => revoked }), refused('SIGNATURE_KEY_NOT_VALID'));
    await assert.rejects(check({ keyFor: () => undefined }), refused('SIGNATURE_KEY_UNKNOWN'));
    await assert.rejects(check({ audience: 'bank-b' }), refused('SIGNATURE_AUDIENCE_MISMATCH'));
    await assert.rejects(check({ target: '/v1' }), refused('SIGNATURE_TARGET_MISMATCH'));
  });

  it('holds requests and answers together and lets none be read as the other', async () => {
    const pair = await pairOf('ES256');
    const key = batchSigningKey(pair.key, { issuer: 'bank-a' });
    const asked = { issuer: 'bank-a', audience: 'barlink-switch' };
    const [question, word] = await Promise.all([
      signDetached(body, { key, ...asked, ...request, issuedAt: now }),
      signAnswer(body, { key, ...asked, requestId, status: 200, issuedAt: now }),
    ]);
    const check = { keyFor: () => pair.publicKey, ...asked, requestId, status: 200, now };
    await verified(pair, question);
    await verifyAnswer(body, word, check);
    await assert.rejects(verified(pair, word), refused('SIGNATURE_CRITICAL_UNKNOWN'));
    await assert.rejects(verifyAnswer(body, question, check), refused('SIGNATURE_CRITICAL_UNKNOWN'));
  });

  it('refuses what is longer than agreed', async () => {
    const pair = await pairOf('ES256');
    const [signature = ''] = await signBatch(pair.key, 64, { target: `/${'x'.repeat(2047)}` });
    await verifyDetached(body, signature, checking(pair, { target: `/${'x'.repeat(2047)}` }));
    const [short = ''] = await signBatch(pair.key, 2);
    const parts = partsOf(short);
    const spread = `${' '.repeat(700)}${Buffer.from(parts.batch, 'base64url').toString()}`;
    const [long = ''] = await forgeBatch(pair.key, {
      headers: [parts.header, parts.header],
      batchHeader: spread,
    });
    await assert.rejects(verified(pair, long), refused('SIGNATURE_MALFORMED'));
  });
});

describe('batchSigningKey', () => {
  /** A key that counts its signatures and signs only when it is let. */
  function slowKey(key: SigningKey) {
    const held: (() => void)[] = [];
    const signed: number[] = [];
    const sign = async (bytes: Uint8Array) => {
      await new Promise<void>((resolve) => held.push(resolve));
      signed.push(bytes.length);
      return key.sign(bytes);
    };
    return { key: { ...key, sign }, held, signed };
  }
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const sizeOf = (signature: string) => (signature.includes('~') ? batchHeaderOf(signature).siz : 1);

  it('signs a message that is alone in the plain form', async () => {
    const pair = await pairOf('ES256');
    const [signature = ''] = await signBatch(pair.key, 1);
    assert.match(signature, /^[^.~]+\.\.[^.~]{86}$/);
    await verified(pair, signature);
  });

  it('gathers while a signature is under way, at most 64 a batch', async () => {
    const { key: plain } = await pairOf('ES256');
    const { key: held, held: waiting } = slowKey(plain);
    let ms = 0;
    const key = batchSigningKey(held, { issuer: 'bank-a', monotonicMs: () => ms });
    const sign = () => signDetached(body, { key, issuer: 'bank-a', ...request, issuedAt: now });
    const signatures = [sign()];
    await turn();
    await turn();
    assert.equal(waiting.length, 1);
    for (let made = 0; made < 70; made += 1) {
      signatures.push(sign());
    }
    await turn();
    assert.equal(waiting.length, 2, 'a full batch does not wait');
    ms = 6;
    signatures.push(sign());
    await turn();
    assert.equal(waiting.length, 3, 'nor does one that has waited over 5 ms');
    signatures.push(sign());
    for (const release of waiting) {
      release();
    }
    while (waiting.length < 4) {
      await turn();
    }
    waiting[3]?.();
    const sizes = (await Promise.all(signatures)).map(sizeOf);
    assert.deepEqual([sizes[0], sizes[1], sizes[64], sizes[65], sizes[71], sizes[72]], [1, 64, 64, 7, 7, 1]);
  });

  it('refuses to sign for another participant, and passes on that a key is broken', async () => {
    const { key: plain } = await pairOf('ES256');
    const key = batchSigningKey(plain, { issuer: 'bank-a' });
    const options = { ...request, issuedAt: now };
    await assert.rejects(
      signDetached(body, { key, issuer: 'bank-b', ...options }),
      refused('SIGNATURE_MALFORMED', '/iss'),
    );
    const broken = batchSigningKey(
      { ...plain, sign: () => Promise.reject(new Error('gone')) },
      {
        issuer: 'bank-a',
      },
    );
    const signed = [1, 2].map(() => signDetached(body, { key: broken, issuer: 'bank-a', ...options }));
    for (const result of await Promise.allSettled(signed)) {
      assert.equal(result.status, 'rejected');
    }
  });
});

describe('verifyOnce', () => {
  it('verifies a batch once, however many of its messages come at once, and forgets what is false', async () => {
    const pair = await pairOf('ES256');
    const [signature = ''] = await signBatch(pair.key, 2);
    const { batch, signature: raw } = partsOf(signature);
    const input = Buffer.from(`${batch}.root`);
    const wrong = Buffer.from(raw, 'base64url');
    assert.deepEqual(
      await Promise.all([pair.publicKey.verifyOnce(input, wrong), pair.publicKey.verifyOnce(input, wrong)]),
      [false, false],
    );
    const right = await pair.key.sign(input);
    assert.equal(await pair.publicKey.verifyOnce(input, right), true);
    assert.equal(await pair.publicKey.verifyOnce(input, wrong), false);
    assert.equal(await pair.publicKey.verifyOnce(flip(input, 3), right), false);
  });
});
