import assert from 'node:assert/strict';
import {
  batchSigningKey,
  createEvidence,
  type EvidenceBundle,
  type EvidenceMessage,
  generateSigningKey,
  importVerificationKey,
  SigningError,
  type SigningKey,
  type StatedKey,
  signAnswer,
  signDetached,
  verifyEvidence,
} from '../src/index.ts';

const receivedAt = new Date('2026-11-23T12:00:05Z');
const issuedAt = new Date('2026-11-23T12:00:00Z');
const statedAt = new Date('2027-03-01T00:00:00Z');
const now = new Date('2031-01-01T00:00:00Z');
const hour = (hours: number) => new Date(issuedAt.getTime() + hours * 3_600_000);

async function makeRequest(key: SigningKey, text: string): Promise<EvidenceMessage> {
  const body = Buffer.from(text);
  const bound = { audience: 'barlink-switch', method: 'POST', target: '/v1/payments' };
  const signature = await signDetached(body, { key, issuer: 'wallet-jade', ...bound, issuedAt });
  return {
    kind: 'request',
    sender: 'wallet-jade',
    receiver: 'barlink-switch',
    receivedAt: receivedAt.toISOString(),
    method: 'POST',
    target: '/v1/payments',
    signature,
    body: body.toString('base64url'),
  };
}

async function makeAnswer(key: SigningKey): Promise<EvidenceMessage> {
  const body = Buffer.from('{"outcome":"approved"}');
  const bound = { audience: 'barlink-switch', requestId: 'a'.repeat(20), status: 200 };
  const signature = await signAnswer(body, { key, issuer: 'bank-north', ...bound, issuedAt });
  return {
    kind: 'answer',
    sender: 'bank-north',
    receiver: 'barlink-switch',
    receivedAt: receivedAt.toISOString(),
    status: 200,
    requestId: bound.requestId,
    signature,
    body: body.toString('base64url'),
  };
}

describe('an evidence bundle', () => {
  let switchKey: SigningKey;
  let walletKey: SigningKey;
  let bankKey: SigningKey;
  before(async () => {
    [switchKey, walletKey, bankKey] = await Promise.all([
      generateSigningKey('ES256'),
      generateSigningKey('EdDSA'),
      generateSigningKey('SM2SM3'),
    ]);
  });

  async function make(
    messages: readonly EvidenceMessage[],
    walletValidity: Partial<StatedKey> = {},
  ): Promise<EvidenceBundle> {
    return createEvidence({
      key: switchKey,
      issuer: 'barlink-switch',
      issuedAt: statedAt,
      subject: '01900000-0000-7000-8000-000000000000',
      messages,
      isComplete: true,
      keys: [
        { participantId: 'wallet-jade', publicJwk: walletKey.publicJwk, ...walletValidity },
        { participantId: 'bank-north', publicJwk: bankKey.publicJwk },
      ],
      switchKeys: [switchKey.publicJwk],
    });
  }

  async function verify(bundle: unknown, trusted: SigningKey = switchKey) {
    const key = await importVerificationKey(trusted.publicJwk);
    const keyFor = (kid: string) => (kid === key.kid ? key : undefined);
    return verifyEvidence(JSON.parse(JSON.stringify(bundle)), { keyFor, now });
  }

  const refused = (code: string, path?: string) => (error: unknown) =>
    error instanceof SigningError && error.code === code && (path === undefined || error.path === path);

  it('holds years later, requests and answers of all algorithms, plain and in a batch', async () => {
    const shared = batchSigningKey(walletKey, { issuer: 'wallet-jade' });
    const batched = await Promise.all(
      ['{"a":1}', '{"a":2}', '{"a":3}'].map((text) => makeRequest(shared, text)),
    );
    const plain = await makeRequest(walletKey, '{"a":0}');
    const found = await verify(await make([plain, ...batched, await makeAnswer(bankKey)]));
    assert.equal(found.kid, switchKey.kid);
    assert.deepEqual(
      found.messages.map((message) => message.kind !== 'withheld' && [message.sender, message.about]),
      [
        ...Array.from({ length: 4 }, () => ['wallet-jade', 'POST /v1/payments']),
        ['bank-north', `200 to ${'a'.repeat(20)}`],
      ],
    );
  });

  it('holds when a key ended or was revoked after the message, and not when before', async () => {
    const message = await makeRequest(walletKey, '{}');
    await verify(await make([message], { notBefore: hour(-1), expiresAt: hour(1), revokedAt: hour(2) }));
    const early = [{ notBefore: hour(1) }, { expiresAt: hour(0) }, { revokedAt: hour(-1) }];
    for (const validity of early) {
      await assert.rejects(
        verify(await make([message], validity)),
        refused('SIGNATURE_KEY_NOT_VALID', '/messages/0'),
      );
    }
  });

  it('is found out when any part of it was changed, left out, added or put elsewhere', async () => {
    const [one, two] = [await makeRequest(walletKey, '{"a":1}'), await makeAnswer(bankKey)];
    const bundle = await make([one, two]);
    const other = await makeRequest(walletKey, '{"a":9}');
    const changed = { ...one, body: Buffer.from('{"a":2}').toString('base64url') };
    const later = { ...one, receivedAt: hour(1).toISOString() };
    for (const messages of [[one], [two, one], [one, two, two], [other, two], [changed, two], [later, two]]) {
      await assert.rejects(verify({ ...bundle, messages }), refused('EVIDENCE_MESSAGES_CHANGED'));
    }
    await assert.rejects(verify({ ...bundle, subject: 'another' }), refused('EVIDENCE_MESSAGES_CHANGED'));
  });

  it('of a switch that lies about what a participant said is found out, too', async () => {
    const one = await makeRequest(walletKey, '{"a":1}');
    assert.ok(one.kind === 'request');
    const body = Buffer.from('{"a":2}').toString('base64url');
    const at = '/messages/0';
    await assert.rejects(verify(await make([{ ...one, body }])), refused('SIGNATURE_INVALID', at));
    const moved = { ...one, target: '/v1/payments/1/refunds' };
    await assert.rejects(verify(await make([moved])), refused('SIGNATURE_TARGET_MISMATCH', at));
    const forged = { ...one, sender: 'bank-north' };
    await assert.rejects(verify(await make([forged])), refused('SIGNATURE_ISSUER_MISMATCH', at));
    const stale = { ...one, receivedAt: hour(1).toISOString() };
    await assert.rejects(verify(await make([stale])), refused('SIGNATURE_STALE', at));
  });

  it('is believed for a switch one trusts only', async () => {
    const bundle = await make([await makeRequest(walletKey, '{}')]);
    const stranger = await generateSigningKey('ES256');
    await assert.rejects(verify(bundle, stranger), refused('SIGNATURE_KEY_UNKNOWN', '/statement'));
  });

  it('is refused when it does not have its form', async () => {
    const bundle = await make([await makeRequest(walletKey, '{}')]);
    const [message] = bundle.messages;
    const wrong = [
      undefined,
      [],
      { ...bundle, version: 2 },
      { ...bundle, statement: 'a.b.c' },
      { ...bundle, messages: [{ ...message, extra: 1 }] },
      { ...bundle, messages: [{ ...message, body: 'a b' }] },
      { ...bundle, messages: [{ ...message, receivedAt: 'yesterday' }] },
    ];
    for (const each of wrong) {
      await assert.rejects(verify(each ?? null), refused('EVIDENCE_MALFORMED'));
    }
  });
});
