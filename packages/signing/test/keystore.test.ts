import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importVerificationKey, signDetached, verifyDetached } from '@barlink/signing';
import {
  closeSecretFolder,
  openTokenKey,
  readSecretFile,
  type TokenKey,
  writeSecretFile,
} from '@barlink/signing/keystore';
import { makeSoftToken, missingForSoftToken } from '@barlink/testing';

describe('secret files', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'barlink-secrets-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('are for their owner only, folder and all', async () => {
    const path = join(folder, 'new', 'key.pem');
    await writeSecretFile(path, 'secret');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(join(folder, 'new')).mode & 0o777, 0o700);
    assert.equal((await readSecretFile(path)).toString(), 'secret');
  });

  it('are never overwritten, and one of many writers wins whole', async () => {
    const path = join(folder, 'race.pem');
    const texts = Array.from({ length: 20 }, (_, at) => `${at}`.repeat(1000));
    const tries = await Promise.allSettled(texts.map((text) => writeSecretFile(path, text)));
    assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.ok(texts.includes(readFileSync(path, 'utf8')));
  });

  for (const mode of [0o640, 0o604, 0o620, 0o666]) {
    it(`are refused with mode ${mode.toString(8)}: KEY_FILE_EXPOSED`, async () => {
      const path = join(folder, `${mode}.pem`);
      writeFileSync(path, 'secret');
      chmodSync(path, mode);
      await assert.rejects(readSecretFile(path), { code: 'KEY_FILE_EXPOSED', path });
    });
  }

  it('are refused in a folder where others may put another: KEY_FILE_EXPOSED', async () => {
    const open = join(folder, 'open');
    mkdirSync(open);
    await writeSecretFile(join(open, 'key.pem'), 'secret');
    chmodSync(open, 0o777);
    await assert.rejects(readSecretFile(join(open, 'key.pem')), { code: 'KEY_FILE_EXPOSED', path: open });
    await closeSecretFolder(open);
    assert.equal((await readSecretFile(join(open, 'key.pem'))).toString(), 'secret');
  });

  it('that are not there are named: KEY_FILE_UNREADABLE', async () => {
    const path = join(folder, 'none.pem');
    await assert.rejects(readSecretFile(path), { code: 'KEY_FILE_UNREADABLE', path });
  });
});

describe('a library that is none', () => {
  it('is named: KEY_TOKEN_UNAVAILABLE', async () => {
    const wanted = { library: '/nowhere/libtoken.so', token: 't', key: 'k', pin: '1' };
    await assert.rejects(openTokenKey(wanted), { code: 'KEY_TOKEN_UNAVAILABLE', path: wanted.library });
  });
});

describe('a key in a PKCS #11 token', () => {
  const wanted = { library: '', token: 'barlink test', key: 'switch', pin: '4711' };
  let remove = () => {};
  let key: TokenKey;
  before(async function skipWithoutToken() {
    const missing = missingForSoftToken();
    if (missing !== undefined) {
      console.log(`      skipped: ${missing}`);
      this.skip();
    }
    const made = makeSoftToken(wanted);
    remove = made.remove;
    wanted.library = made.library;
    key = await openTokenKey(wanted);
  });
  after(async () => {
    await key?.close();
    remove();
  });

  it('signs 64 raw bytes that node:crypto verifies', async () => {
    const { verify } = await importVerificationKey(key.publicJwk);
    const bytes = Buffer.from('signed in the token');
    const signature = await key.sign(bytes);
    assert.equal(signature.length, 64);
    assert.ok(await verify(bytes, signature));
    assert.equal(await verify(Buffer.from('another'), signature), false);
  });

  it('signs messages, many at once', async () => {
    const known = await importVerificationKey(key.publicJwk);
    const binding = { audience: 'barlink-switch', method: 'POST', target: '/v1/payments' };
    await Promise.all(
      Array.from({ length: 64 }, async (_, at) => {
        const body = Buffer.from(`{"at":${at}}`);
        const signature = await signDetached(body, { key, issuer: 'bank-north', ...binding });
        await verifyDetached(body, signature, { ...binding, keyFor: () => known, now: new Date() });
      }),
    );
  });

  it('never gives its private part away', () => {
    assert.throws(() => key.exportPrivateJwk(), { code: 'SIGNING_KEY_INVALID' });
    assert.ok(!('d' in key.publicJwk));
  });

  it('is refused with a wrong name: KEY_TOKEN_UNKNOWN, KEY_TOKEN_KEY_UNKNOWN', async () => {
    await assert.rejects(openTokenKey({ ...wanted, token: 'other' }), {
      code: 'KEY_TOKEN_UNKNOWN',
      path: 'other',
    });
    await assert.rejects(openTokenKey({ ...wanted, key: 'other' }), {
      code: 'KEY_TOKEN_KEY_UNKNOWN',
      path: 'other',
    });
  });

  it('fails with a typed error when its sessions are taken away, and works again after: KEY_TOKEN_FAILED', async () => {
    const single = await openTokenKey({ ...wanted, sessions: 1 });
    const { loadTokenLibrary } = await import('../src/keystore/token-library.ts');
    const library = await loadTokenLibrary(wanted.library);
    for (const slot of library.C_GetSlotList(true)) {
      (library as unknown as { C_CloseAllSessions(slot: Buffer): void }).C_CloseAllSessions(slot);
    }
    await assert.rejects(single.sign(Buffer.from('x')), { code: 'KEY_TOKEN_FAILED' });
    assert.equal((await single.sign(Buffer.from('x'))).length, 64);
    await single.close();
  });

  it('is refused with a wrong PIN: KEY_TOKEN_PIN_WRONG', async () => {
    await key.close();
    const { loadTokenLibrary } = await import('../src/keystore/token-library.ts');
    const library = await loadTokenLibrary(wanted.library);
    for (const slot of library.C_GetSlotList(true)) {
      (library as unknown as { C_CloseAllSessions(slot: Buffer): void }).C_CloseAllSessions(slot);
    }
    await assert.rejects(openTokenKey({ ...wanted, pin: '0000' }), { code: 'KEY_TOKEN_PIN_WRONG' });
  });
});
