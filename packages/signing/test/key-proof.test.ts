import assert from 'node:assert/strict';
import { generateSigningKey, importVerificationKey, signKeyProof, verifyKeyProof } from '../src/index.ts';

const now = new Date('2026-11-23T12:00:00Z');
const claims = { participantId: 'bank-north', audience: 'barlink-switch', use: 'messages' } as const;

describe('a key proof', () => {
  for (const algorithm of ['ES256', 'EdDSA', 'SM2SM3'] as const) {
    it(`of ${algorithm} holds for its key, participant, switch, use and time only`, async () => {
      const key = await generateSigningKey(algorithm);
      const proven = { ...claims, key: await importVerificationKey(key.publicJwk), now };
      const text = await signKeyProof(key, claims, now);
      await verifyKeyProof(text, proven);
      const other = await importVerificationKey((await generateSigningKey(algorithm)).publicJwk);
      const changes = [
        { key: other },
        { participantId: 'bank-south' },
        { audience: 'another-switch' },
        { use: 'codes' as const },
        { now: new Date(now.getTime() + 301_000) },
        { now: new Date(now.getTime() - 301_000) },
      ];
      for (const change of changes) {
        await assert.rejects(verifyKeyProof(text, { ...proven, ...change }), {
          code: 'SIGNING_KEY_UNPROVEN',
        });
      }
    });
  }

  it('that was changed anywhere does not hold', async () => {
    const key = await generateSigningKey('ES256');
    const proven = { ...claims, key: await importVerificationKey(key.publicJwk), now };
    const text = await signKeyProof(key, claims, now);
    for (let at = 0; at < text.length; at += 1) {
      const letter = text[at] === 'A' ? 'B' : 'A';
      const changed = text.slice(0, at) + letter + text.slice(at + 1);
      await assert.rejects(verifyKeyProof(changed, proven), { code: 'SIGNING_KEY_UNPROVEN' });
    }
  });
});
