import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = new URL('../src/', import.meta.url);
/** Makes and verifies a code and a cryptogram; what is taken away first comes in front. */
const script = `
  const tokens = await import(process.argv[1]);
  const deviceKey = new Uint8Array(32);
  const now = new Date();
  const device = { deviceKey, networkNumber: '0001', handles: ['12345678'] };
  const { code } = tokens.nextPayerCode({ ...device, now, memory: tokens.freshPayerCodeMemory });
  const verified = tokens.verifyOneTimeValue({ deviceKey, code: tokens.readPayerCode(code.text), now });
  const uuid = '019ab000-0000-7000-8000-000000000001';
  const amount = { currency: 'CNY', minor: 1250n };
  const payment = { tokenId: uuid, idempotencyKey: uuid, amount, payload: 'text', deviceKey };
  const cryptogram = tokens.createCryptogram({ ...payment, counter: 1 });
  tokens.verifyCryptogram({ ...payment, cryptogram });
  console.log(verified.handle, cryptogram.value.length);
`;
const without = {
  'crypto.subtle': 'Object.defineProperty(globalThis.crypto, "subtle", { value: undefined });',
  'any crypto, as on Hermes': 'Object.defineProperty(globalThis, "crypto", { value: undefined });',
  'Buffer and process.versions':
    'delete globalThis.Buffer; Object.defineProperty(process, "versions", { value: {} });',
};

describe('tokens without a platform', () => {
  for (const [what, taken] of Object.entries(without)) {
    it(`makes and verifies codes and cryptograms without ${what}`, () => {
      const entry = new URL('index.ts', source).href;
      const args = ['--import=tsx', '--input-type=module', '-e', `${taken}${script}`, entry];
      const cwd = fileURLToPath(source);
      assert.equal(execFileSync(process.execPath, args, { cwd, encoding: 'utf8' }).trim(), '12345678 22');
    });
  }

  it('passes its own tests with crypto.subtle deleted', function () {
    this.timeout(60_000);
    const root = fileURLToPath(new URL('../../../', import.meta.url));
    const preload = `data:text/javascript,${encodeURIComponent(without['crypto.subtle'])}`;
    const tests = ['cryptogram', 'payer-code'].map((name) => `packages/tokens/test/${name}.test.ts`);
    const args = ['--import', preload, 'node_modules/mocha/bin/mocha.js', ...tests];
    const out = execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    assert.match(out, /\d\d passing/);
  });

  it('imports nothing of node and knows no Buffer or process', () => {
    for (const name of readdirSync(source)) {
      const text = readFileSync(new URL(name, source), 'utf8');
      assert.doesNotMatch(text, /from 'node:|\bBuffer\b|\bprocess\./, name);
    }
  });
});
