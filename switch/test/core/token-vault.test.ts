import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { getCiphers, getHashes, randomBytes } from 'node:crypto';
import { isUuid7, type ParticipantId } from '@barlink/protocol';
import fc from 'fast-check';
import type { WriteMessage } from '../../src/audit/index.ts';
import { isLocked, lockedForMs } from '../../src/tokens/payer-code.ts';
import { assertSealAvailable, encodeContext, seal, unseal } from '../../src/tokens/seal.ts';
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

for (const algorithm of ['A256GCM', 'SM4CBC-HSM3'] as const) {
  describe(`seal with ${algorithm}`, () => {
    const bound = { key: new Uint8Array(32).fill(9), algorithm };

    it('opens with the same key and context', () => {
      const contexts = fc.array(fc.string(), { maxLength: 4 });
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 100 }), contexts, (plain, context) => {
          const sealed = seal(plain, { ...bound, context, randomBytes });
          assert.deepEqual(new Uint8Array(unseal(sealed, { ...bound, context })), plain);
        }),
      );
    });

    it('refuses every flipped bit', () => {
      const sealed = seal(Buffer.from('secret'), { ...bound, context: ['a'], randomBytes });
      for (let bit = 0; bit < sealed.length * 8; bit += 1) {
        const changed = Buffer.from(sealed);
        changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        assert.throws(() => unseal(changed, { ...bound, context: ['a'] }));
      }
    });

    it('refuses a shortened text, and another key', () => {
      const sealed = seal(Buffer.from('secret'), { ...bound, context: [], randomBytes });
      for (let length = 0; length < sealed.length; length += 1) {
        assert.throws(() => unseal(sealed.subarray(0, length), { ...bound, context: [] }));
      }
      assert.throws(() => unseal(sealed, { ...bound, key: new Uint8Array(32), context: [] }));
    });

    it('tells contexts apart that only differ in where their parts end', () => {
      const sealed = seal(Buffer.from('secret'), { ...bound, context: ['ab', 'c'], randomBytes });
      assert.throws(() => unseal(sealed, { ...bound, context: ['a', 'bc'] }));
      assert.throws(() => unseal(sealed, { ...bound, context: ['ab', 'c', ''] }));
    });
  });
}

describe('the SM profile (spec/tokens.md 1.4)', () => {
  it('is what the openssl command does: SM4-CBC, then HMAC-SM3', () => {
    const key = Buffer.alloc(32, 9);
    const plain = Buffer.from('6222021001116245702');
    const sealed = seal(plain, { key, algorithm: 'SM4CBC-HSM3', context: ['account', 'x'], randomBytes });
    const openssl = (args: readonly string[], input: Uint8Array) =>
      execFileSync('openssl', args, { input, maxBuffer: 1 << 20 });
    const hmac = (hex: string, input: Uint8Array) => {
      const args = ['dgst', '-sm3', '-mac', 'HMAC', '-macopt', `hexkey:${hex}`, '-binary'];
      return openssl(args, input);
    };
    const subkey = (label: string) => hmac(key.toString('hex'), Buffer.from(label)).toString('hex');
    const [vector, text, tag] = [sealed.subarray(0, 16), sealed.subarray(16, -32), sealed.subarray(-32)];
    const cipherKey = subkey('barlink sm4-cbc').slice(0, 32);
    const cipher = ['enc', '-sm4-cbc', '-d', '-K', cipherKey, '-iv', vector.toString('hex')];
    assert.deepEqual(openssl(cipher, text), plain);
    const context = encodeContext(['account', 'x']);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(context.length);
    const covered = Buffer.concat([length, context, vector, text]);
    assert.deepEqual(hmac(subkey('barlink hmac-sm3'), covered), tag);
  });

  it('refuses to start where the crypto library lacks it', () => {
    const without = { ciphers: ['aes-256-gcm'], hashes: ['sha256', 'sm3'] };
    assert.throws(() => assertSealAvailable('SM4CBC-HSM3', without), { code: 'VAULT_PROFILE_UNAVAILABLE' });
    assertSealAvailable('A256GCM', without);
    assertSealAvailable('SM4CBC-HSM3', { ciphers: getCiphers(), hashes: getHashes() });
  });

  it('opens what the other profile sealed, and each row only as what it says it is', () => {
    const aes = createVault({ keyring: createFixedKeys(), randomBytes });
    const sm = createVault({ keyring: createFixedKeys(), randomBytes, algorithm: 'SM4CBC-HSM3' });
    const [one, other] = [aes.sealAccount(account, owner), sm.sealAccount(account, owner)];
    assert.equal(sm.openAccount(one, owner), account);
    assert.equal(aes.openAccount(other, owner), account);
    assert.deepEqual(aes.openMessage(sm.sealMessage(message)).body, message.body);
    assert.throws(() => sm.openAccount({ ...one, algorithm: 'SM4CBC-HSM3' }, owner));
    assert.throws(() => aes.openAccount({ ...other, algorithm: 'A256GCM' }, owner));
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
    const device = { tokenId: owner.tokenId, deviceKeyId: 'device', generation: 0 };
    const key = vault.deriveDeviceKey(device);
    assert.equal(key.length, 32);
    assert.deepEqual(vault.deriveDeviceKey(device), key);
    assert.notDeepEqual(vault.deriveDeviceKey({ ...device, tokenId: message.idempotencyKey }), key);
    assert.notDeepEqual(vault.deriveDeviceKey({ ...device, generation: 1 }), key);
  });

  it('makes the code of a request the same always, and keeps nothing that leads back to it', () => {
    const digits = vault.makeCodeDigits(message);
    assert.match(digits, /^[0-9]{16}$/);
    assert.equal(vault.makeCodeDigits({ ...message, jti: 'another' }), digits);
    const next = { ...message, idempotencyKey: '01950000-0000-7000-8000-0000000000ab' };
    assert.notEqual(vault.makeCodeDigits(next), digits);
    assert.equal(vault.digestCode(digits).length, 32);
    assert.notDeepEqual(vault.digestCode(digits), vault.digestCode(vault.makeCodeDigits(next)));
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
