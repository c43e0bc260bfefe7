import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { isUuid7, type ParticipantId } from '@barlink/protocol';
import fc from 'fast-check';
import type { WriteMessage } from '../../src/audit/index.ts';
import { isLocked, lockedForMs } from '../../src/tokens/payer-code.ts';
import { seal, unseal } from '../../src/tokens/seal.ts';
import { createVault } from '../../src/tokens/vault.ts';
import { keyPurposes, type VaultKey, type VaultKeys } from '../../src/tokens/vault-key.ts';

const account = '6222021001116245702';
const owner = { tokenId: '01950000-0000-7000-8000-000000000001', issuer: 'bank-one' };
const bank = 'bank-one' as ParticipantId;

function createFixedKeys(): VaultKeys {
  const keys = new Map<string, VaultKey>();
  for (const [at, purpose] of keyPurposes.entries()) {
    keys.set(purpose, { id: purpose, bytes: new Uint8Array(32).fill(at + 1) });
  }
  const get = (id: string) => {
    const key = keys.get(id);
    assert.ok(key);
    return key;
  };
  return { current: get, get };
}

const message: WriteMessage = {
  sender: 'wallet-one' as ParticipantId,
  kid: 'kid',
  jti: 'jti',
  method: 'POST',
  target: '/v1/tokens',
  body: Buffer.from(JSON.stringify({ issuer: 'bank-one', account })),
  signature: 'eyJhbGciOiJFUzI1NiJ9..c2ln',
  receivedAt: new Date('2026-03-01T10:00:00Z'),
  idempotencyKey: '01950000-0000-7000-8000-0000000000aa',
  fingerprint: Buffer.alloc(32, 7),
};

describe('seal', () => {
  const key = new Uint8Array(32).fill(9);
  const nonce = new Uint8Array(12).fill(1);

  it('opens with the same key and context', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.array(fc.string(), { maxLength: 4 }),
        (plain, context) => {
          assert.deepEqual(
            new Uint8Array(unseal(seal(plain, { key, context, nonce }), { key, context })),
            plain,
          );
        },
      ),
    );
  });

  it('refuses every flipped bit', () => {
    const sealed = seal(Buffer.from('secret'), { key, context: ['a'], nonce });
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      assert.throws(() => unseal(changed, { key, context: ['a'] }));
    }
  });

  it('refuses a shortened text', () => {
    const sealed = seal(Buffer.from('secret'), { key, context: [], nonce });
    for (let length = 0; length < sealed.length; length += 1) {
      assert.throws(() => unseal(sealed.subarray(0, length), { key, context: [] }));
    }
  });

  it('tells contexts apart that only differ in where their parts end', () => {
    const sealed = seal(Buffer.from('secret'), { key, context: ['ab', 'c'], nonce });
    assert.throws(() => unseal(sealed, { key, context: ['a', 'bc'] }));
    assert.throws(() => unseal(sealed, { key, context: ['ab', 'c', ''] }));
  });
});

describe('vault', () => {
  const vault = createVault({ keyring: createFixedKeys(), randomBytes });

  it('opens an account in its own row only (spec/tokens.md 1.2)', () => {
    const sealed = vault.sealAccount(account, owner);
    assert.equal(vault.openAccount(sealed, owner), account);
    assert.throws(() => vault.openAccount(sealed, { ...owner, issuer: 'bank-two' }));
    assert.throws(() => vault.openAccount(sealed, { ...owner, tokenId: message.idempotencyKey }));
    assert.throws(() => vault.openAccount({ ...sealed, keyId: 'message' }, owner));
  });

  it('seals all accounts to the same length, each time to other bytes', () => {
    const lengths = ['1234', account, 'A'.repeat(34)].map(
      (text) => vault.sealAccount(text, owner).sealed.length,
    );
    assert.deepEqual(new Set(lengths).size, 1);
    assert.notDeepEqual(vault.sealAccount(account, owner).sealed, vault.sealAccount(account, owner).sealed);
  });

  it('marks an account the same always, and another account or issuer otherwise', () => {
    const marking = vault.markAccount(account, bank);
    assert.match(marking, /^[0-9A-HJKMNP-TV-Z]{29}$/);
    assert.equal(vault.markAccount(account, bank), marking);
    assert.notEqual(vault.markAccount(account, 'bank-two' as ParticipantId), marking);
    assert.notEqual(vault.markAccount('6222021001116245703', bank), marking);
  });

  it('names the token of a request the same always', () => {
    const id = vault.makeTokenId(message);
    assert.ok(isUuid7(id));
    assert.equal(vault.makeTokenId({ ...message, jti: 'another' }), id);
    assert.notEqual(vault.makeTokenId({ ...message, sender: 'wallet-two' as ParticipantId }), id);
  });

  it('gives every token its own device key, the same always', () => {
    const key = vault.deriveDeviceKey(owner.tokenId, 'device');
    assert.equal(key.length, 32);
    assert.deepEqual(vault.deriveDeviceKey(owner.tokenId, 'device'), key);
    assert.notDeepEqual(vault.deriveDeviceKey(message.idempotencyKey, 'device'), key);
  });

  it('keeps a request as evidence that tells nothing without the vault', () => {
    const kept = vault.sealMessage(message);
    const text = JSON.stringify({ ...kept, body: Buffer.from(kept.body).toString('utf8') });
    assert.ok(!text.includes(account));
    assert.ok(!text.includes(message.signature));
    assert.notDeepEqual(Buffer.from(kept.fingerprint), message.fingerprint);
    assert.deepEqual(kept.fingerprint, vault.sealMessage(message).fingerprint);
    const opened = vault.openMessage(kept);
    assert.equal(opened.signature, message.signature);
    assert.deepEqual(opened.body, message.body);
    assert.throws(() => vault.openMessage({ ...kept, sender: 'wallet-two' as ParticipantId }));
  });
});

describe('the lock of payer codes (spec/tokens.md 4)', () => {
  const lastFailedAt = new Date('2026-03-01T10:00:00Z');
  const at = (ms: number) => new Date(lastFailedAt.getTime() + ms);

  it('falls at the fifth wrong one and opens after its time', () => {
    assert.equal(isLocked({ failures: 4, lastFailedAt }, at(0)), false);
    assert.equal(isLocked({ failures: 5, lastFailedAt }, at(0)), true);
    assert.equal(isLocked({ failures: 5, lastFailedAt }, at(lockedForMs - 1)), true);
    assert.equal(isLocked({ failures: 5, lastFailedAt }, at(lockedForMs)), false);
    assert.equal(isLocked({ failures: 0, lastFailedAt: undefined }, at(0)), false);
  });
});
