import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importSigningKey, importVerificationKey, type PrivateJwk } from '../src/index.ts';
import { derFromRaw, rawFromDer } from '../src/sm2.ts';
import { pairOf, providers } from './message-fixture.ts';

const message = Buffer.from('from one hand to the other');
const signerId = ['-sm3', '-sigopt', 'distid:1234567812345678'];
/** Not a dependency: the test is skipped where there is none. */
const command = 'openssl';
let folder = '';

function openssl(...args: string[]) {
  return spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
}

describe('SM2 with the openssl command', () => {
  before(function () {
    folder = mkdtempSync(join(tmpdir(), 'barlink-sm2-'));
    const made = openssl(
      'genpkey',
      '-algorithm',
      'EC',
      '-pkeyopt',
      'ec_paramgen_curve:SM2',
      '-out',
      'key.pem',
    );
    if (made.status !== 0) {
      console.warn('      skipped: there is no openssl command that knows SM2');
      this.skip();
    }
    openssl('pkey', '-in', 'key.pem', '-pubout', '-out', 'public.pem');
    writeFileSync(join(folder, 'message'), message);
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  for (const provider of providers) {
    it(`verifies what openssl signed (${provider.name})`, async () => {
      const { x, y } = readOpensslKey();
      const made = openssl('dgst', ...signerId, '-sign', 'key.pem', '-out', 'signature', 'message');
      assert.equal(made.status, 0, made.stderr);
      const { publicKey } = await pairOf('SM2SM3', provider);
      const key = await importOn(publicKey.provider, { kty: 'EC', crv: 'SM2', x, y });
      const signature = rawFromDer(readFileSync(join(folder, 'signature')));
      assert.equal(await key.verify(message, signature), true);
      assert.equal(await key.verify(Buffer.from('another'), signature), false);
    });

    it(`signs what openssl verifies (${provider.name})`, async () => {
      const { createKeyFactory } = await import('../src/index.ts');
      const key = await createKeyFactory(provider).importSigningKey(readOpensslKey());
      writeFileSync(join(folder, 'ours'), derFromRaw(await key.sign(message)));
      const verified = openssl('dgst', ...signerId, '-verify', 'public.pem', '-signature', 'ours', 'message');
      assert.match(verified.stdout, /Verified OK/);
    });
  }

  it('writes r and s that begin with zero bytes in a form openssl reads', async () => {
    const key = await importSigningKey(readOpensslKey());
    const publicKey = await importVerificationKey(key.publicJwk);
    for (let tries = 0; tries < 5000; tries += 1) {
      const raw = await key.sign(message);
      if (raw[0] !== 0 && raw[32] !== 0) {
        continue;
      }
      assert.deepEqual(rawFromDer(derFromRaw(raw)), raw);
      assert.equal(await publicKey.verify(message, raw), true);
      return;
    }
    assert.fail('no signature with a leading zero in 5000');
  });
});

async function importOn(provider: (typeof providers)[number], jwk: object) {
  const { createKeyFactory } = await import('../src/index.ts');
  return createKeyFactory(provider).importVerificationKey(jwk);
}

/** The key openssl made, out of its text form. */
function readOpensslKey(): PrivateJwk {
  const { stdout } = openssl('pkey', '-in', 'key.pem', '-noout', '-text');
  const field = (name: string) => {
    const hex = new RegExp(`${name}:\\s*([0-9a-f:\\s]+)`).exec(stdout)?.[1]?.replace(/[^0-9a-f]/g, '') ?? '';
    return Buffer.from(hex, 'hex');
  };
  const secret = field('priv');
  const point = field('pub').subarray(1);
  const d = Buffer.concat([Buffer.alloc(32), secret]).subarray(-32);
  const text = (bytes: Buffer) => bytes.toString('base64url');
  return { kty: 'EC', crv: 'SM2', x: text(point.subarray(0, 32)), y: text(point.subarray(32)), d: text(d) };
}
