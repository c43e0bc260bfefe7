import assert from 'node:assert/strict';
import {
  generateSigningKey,
  importVerificationKey,
  type KeyFor,
  type SigningKey,
  signDetached,
} from '@barlink/signing';
import { createMemoryEventBook, verifyWebhook } from '../src/index.ts';
import { payment, paymentId } from './support/samples.ts';

const now = new Date('2026-03-01T08:00:00Z');
const known = { participantId: 'acquirer-east', target: '/hooks/barlink/events', now };
const event = {
  eventId: '01890a5d-ac96-774b-bcce-b302099a8001',
  type: 'payment.captured',
  at: '2026-03-01T07:59:59.000Z',
  payment,
};

describe('verifyWebhook', () => {
  let key: SigningKey;
  let keyFor: KeyFor;

  before(async () => {
    key = await generateSigningKey('ES256');
    const publicKey = await importVerificationKey(key.publicJwk);
    keyFor = (kid) => (kid === publicKey.kid ? publicKey : undefined);
  });

  function sign(payload: Uint8Array, target = known.target): Promise<string> {
    const { participantId: audience } = known;
    return signDetached(payload, {
      key,
      issuer: 'barlink-switch',
      audience,
      method: 'POST',
      target,
      issuedAt: now,
    });
  }

  it('gives the events of a delivery that verifies', async () => {
    const payload = Buffer.from(JSON.stringify({ events: [event] }));
    const { events, message } = await verifyWebhook(payload, await sign(payload), { ...known, keyFor });
    assert.equal(events[0]?.payment.paymentId, paymentId);
    assert.equal(events[0]?.type, 'payment.captured');
    assert.equal(message.issuer, 'barlink-switch');
  });

  it('refuses changed bytes, another target, an old message and none at all', async () => {
    const payload = Buffer.from(JSON.stringify({ events: [event] }));
    const signature = await sign(payload);
    const changed = Buffer.from(payload.toString().replace('1250', '9250'));
    const later = new Date(now.getTime() + 301_000);
    const options = { ...known, keyFor };
    await assert.rejects(verifyWebhook(changed, signature, options), { code: 'SIGNATURE_INVALID' });
    await assert.rejects(verifyWebhook(payload, signature, { ...options, target: '/other' }), {
      code: 'SIGNATURE_TARGET_MISMATCH',
    });
    await assert.rejects(verifyWebhook(payload, signature, { ...options, now: later }), {
      code: 'SIGNATURE_STALE',
    });
    await assert.rejects(verifyWebhook(payload, undefined, options), { code: 'SIGNATURE_MISSING' });
  });

  it('refuses a signed body that is no delivery', async () => {
    const payload = Buffer.from('{"events":[{"eventId":"1"}]}');
    await assert.rejects(verifyWebhook(payload, await sign(payload), { ...known, keyFor }), {
      code: 'MESSAGE_SHAPE_INVALID',
      path: '/events/0/type',
    });
  });
});

describe('the event book in memory', () => {
  it('keeps the last 100,000 events whatever comes, and not all of those before', async () => {
    const book = createMemoryEventBook();
    const sent = 250_000;
    for (let at = 0; at < sent; at += 1) {
      await book.add(String(at));
    }
    const forgotten = Array.from({ length: sent }, (_, at) => at).filter(
      (at) => book.has(String(at)) !== true,
    );
    assert.ok((forgotten.at(-1) ?? sent) < sent - 100_000);
    assert.ok(forgotten.length >= sent - 200_000);
  });
});
