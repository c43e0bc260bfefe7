import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeJwks, importJwks, keyOverlapHours, signDetached, verifyDetached } from '../src/index.ts';
import { body, pairOf, providers, refused, withValidity } from './message-fixture.ts';

const hourMs = 3_600_000;
const change = new Date('2026-11-23T12:00:00Z').getTime();
const target = { audience: 'barlink-switch', method: 'POST', target: '/v1/payments' };

/** The set a receiver reads: the new key counts a day before the change, the old one until a day after it. */
async function rotate() {
  const old = await pairOf('ES256');
  const next = await pairOf('ES256', providers[1], providers[0]);
  const overlapMs = keyOverlapHours * hourMs;
  const published = encodeJwks([
    withValidity(old.publicKey, { expiresAt: new Date(change + overlapMs) }),
    withValidity(next.publicKey, { notBefore: new Date(change - overlapMs) }),
  ]);
  return { old, next, keys: await importJwks(JSON.parse(JSON.stringify(published))) };
}

describe('a key rotation (spec/signing.md 2.5)', () => {
  it('refuses no message of either key, whenever in the overlap its sender changes over', async () => {
    const { old, next, keys } = await rotate();
    const withinOverlap = fc.integer({ min: 1 - 24 * hourMs, max: 24 * hourMs - 1001 });
    await fc.assert(
      fc.asyncProperty(
        withinOverlap,
        fc.boolean(),
        fc.integer({ min: -299, max: 299 }),
        async (at, isNew, skew) => {
          const { key } = isNew ? next : old;
          const issuedAt = new Date(change + at + (isNew ? 1000 : 0));
          const signature = await signDetached(body, { key, issuer: 'bank-a', ...target, issuedAt });
          const now = new Date(issuedAt.getTime() + skew * 1000);
          const verified = await verifyDetached(body, signature, {
            keyFor: (kid) => keys.get(kid),
            ...target,
            now,
          });
          assert.equal(verified.kid, key.kid);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('ends the old key when the overlap is over, and the new one does not count before it', async () => {
    const { old, next, keys } = await rotate();
    const cases = [
      { key: old.key, at: change + 24 * hourMs },
      { key: next.key, at: change - 24 * hourMs - 1000 },
    ];
    for (const { key, at } of cases) {
      const now = new Date(at);
      const signature = await signDetached(body, { key, issuer: 'bank-a', ...target, issuedAt: now });
      await assert.rejects(
        verifyDetached(body, signature, { keyFor: (kid) => keys.get(kid), ...target, now }),
        refused('SIGNATURE_KEY_NOT_VALID'),
      );
    }
  });
});
