import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = new URL('../src/', import.meta.url);
const script = `
  Object.defineProperty(globalThis, 'crypto', { value: undefined });
  const { createPayerCode, readPayerCode, verifyOneTimeValue } = await import(process.argv[1]);
  const deviceKey = new Uint8Array(32);
  const now = new Date();
  const device = { deviceKey, networkNumber: '0001', handles: ['12345678'] };
  const { text } = createPayerCode({ ...device, now, counter: 0 });
  console.log(verifyOneTimeValue({ deviceKey, code: readPayerCode(text), now }).handle);
`;

describe('tokens without a platform', () => {
  it('makes and verifies codes where there is no crypto at all, as on Hermes', () => {
    const entry = new URL('index.ts', source).href;
    const args = ['--import=tsx', '--input-type=module', '-e', script, entry];
    const cwd = fileURLToPath(source);
    assert.equal(execFileSync(process.execPath, args, { cwd, encoding: 'utf8' }).trim(), '12345678');
  });

  it('imports nothing of node and knows no Buffer or process', () => {
    for (const name of readdirSync(source)) {
      const text = readFileSync(new URL(name, source), 'utf8');
      assert.doesNotMatch(text, /from 'node:|\bBuffer\b|\bprocess\./, name);
    }
  });
});
