import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const source = new URL('../src/', import.meta.url);

function providerUnder(conditions: readonly string[]): string {
  const script = "import('@barlink/signing').then((entry) => console.log(entry.defaultProvider.name))";
  const args = [...conditions.map((name) => `--conditions=${name}`), '--input-type=module', '-e', script];
  return execFileSync(process.execPath, args, { cwd: here, encoding: 'utf8' }).trim();
}

/** Every module of ours that an entry point reaches. */
function reach(name: string, seen = new Set<string>()): ReadonlySet<string> {
  if (!seen.has(name)) {
    seen.add(name);
    for (const [, next = ''] of readFileSync(new URL(name, source), 'utf8').matchAll(/from '\.\/([^']+)'/g)) {
      reach(next, seen);
    }
  }
  return seen;
}

describe('the entry points of signing', () => {
  it('use node:crypto on Node and plain JavaScript in a browser and in React Native', () => {
    assert.equal(providerUnder([]), 'node');
    assert.equal(providerUnder(['browser']), 'portable');
    assert.equal(providerUnder(['react-native']), 'portable');
  });

  it('let nothing of node into the portable one', () => {
    for (const name of reach('index.portable.ts')) {
      const text = readFileSync(new URL(name, source), 'utf8');
      assert.doesNotMatch(text, /from 'node:|\bBuffer\b|\bprocess\.|crypto\.subtle\b(?!,)/, name);
    }
    assert.ok(reach('index.ts').has('node-provider.ts'));
  });

  it('sign and verify without crypto.subtle', () => {
    const script = `
      Object.defineProperty(globalThis.crypto, 'subtle', { value: undefined });
      const s = await import('@barlink/signing/portable');
      const body = new Uint8Array(3);
      const target = { audience: 'barlink-switch', method: 'POST', target: '/v1/payments' };
      for (const algorithm of ['ES256', 'EdDSA', 'SM2SM3']) {
        const key = await s.generateSigningKey(algorithm);
        const publicKey = await s.importVerificationKey(key.publicJwk);
        const signature = await s.signDetached(body, { key, issuer: 'wallet-a', ...target });
        const options = { keyFor: () => publicKey, ...target, now: new Date() };
        console.log((await s.verifyDetached(body, signature, options)).issuer);
      }`;
    const args = ['--input-type=module', '-e', script];
    const output = execFileSync(process.execPath, args, { cwd: here, encoding: 'utf8' });
    assert.equal(output, 'wallet-a\n'.repeat(3));
  });
});
