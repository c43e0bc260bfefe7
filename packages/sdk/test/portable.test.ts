import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateSigningKey } from '@barlink/signing/portable';
import { createWallet } from '../src/index.portable.ts';
import { payment, paymentId } from './support/samples.ts';
import { createSwitchDouble } from './support/switch-double.ts';

function importsBelow(file: string, seen = new Map<string, string[]>()): Map<string, string[]> {
  if (seen.has(file)) {
    return seen;
  }
  const found = [...readFileSync(file, 'utf8').matchAll(/from '([^']+)'/g)].map(([, name = '']) => name);
  seen.set(file, found);
  for (const name of found.filter((candidate) => candidate.startsWith('.'))) {
    importsBelow(resolve(dirname(file), name), seen);
  }
  return seen;
}

const tokenId = '01890a5d-ac96-774b-bcce-b302099a8058';

describe('the entry for browsers and React Native', () => {
  it('imports nothing of Node, and no pool', () => {
    const start = fileURLToPath(new URL('../src/index.portable.ts', import.meta.url));
    const reached = importsBelow(start);
    for (const file of reached.keys()) {
      assert.doesNotMatch(readFileSync(file, 'utf8'), /\bBuffer\b|\bprocess\./, file);
    }
    const names = [...reached.values()].flat().filter((name) => !name.startsWith('.'));
    assert.deepEqual(
      new Set(names),
      new Set(['@barlink/codes', '@barlink/protocol', '@barlink/signing', '@barlink/tokens']),
    );
  });

  it('has a wallet that works on fetch and on keys without node:crypto', async () => {
    const key = await generateSigningKey('ES256');
    const double = await createSwitchDouble({ participantId: 'wallet-jade', key });
    double.script({ status: 201, value: payment });
    const wallet = createWallet({ switchUrl: double.url, participantId: 'wallet-jade', key });
    const paid = await wallet.pay({ payload: 'text', tokenId: 'token' });
    assert.equal(paid.paymentId, paymentId);
    await wallet.close();
    await double.close();
  });

  it('confirms payments by cryptograms and has codes made with crypto.subtle deleted', async () => {
    const key = await generateSigningKey('ES256');
    const double = await createSwitchDouble({ participantId: 'wallet-jade', key });
    Object.defineProperty(globalThis.crypto, 'subtle', { value: undefined, configurable: true });
    try {
      const wallet = createWallet({ switchUrl: double.url, participantId: 'wallet-jade', key });
      double.script({ status: 201, value: payment });
      const device = { provision: { deviceKey: Buffer.alloc(32, 7).toString('base64url') }, counter: 1 };
      const amount = { currency: 'CNY', minor: 1250n };
      await wallet.pay({ payload: 'text', tokenId, amount, device });
      const heard = double.heard[0]?.body;
      assert.ok(heard);
      const { cryptogram } = heard as { cryptogram: { counter: number; value: string } };
      assert.deepEqual([cryptogram.counter, cryptogram.value.length], [1, 22]);
      const expiresAt = '2026-03-01T08:01:00.000Z';
      const made = { tokenId, payload: '390001912345678901234567', emvCpm: 'hQVDUFYwMQ==', expiresAt };
      double.script({ status: 201, value: made });
      assert.deepEqual(await wallet.issuePayerCode(tokenId), { ...made, expiresAt: new Date(expiresAt) });
      await wallet.close();
    } finally {
      Reflect.deleteProperty(globalThis.crypto, 'subtle');
      await double.close();
    }
    assert.ok(globalThis.crypto.subtle);
  });

  it('makes payer codes without a network', async () => {
    const key = await generateSigningKey('ES256');
    const now = () => new Date('2026-03-01T08:00:10Z');
    const wallet = createWallet({ switchUrl: 'http://127.0.0.1:9', participantId: 'wallet-jade', key, now });
    const provision = {
      networkNumber: '0001',
      deviceKey: Buffer.alloc(32, 7).toString('base64url'),
      handles: ['12345678', '87654321'],
    };
    const [first, second] = [wallet.showPayerCode(provision, 0), wallet.showPayerCode(provision, 1)];
    assert.match(first.text, /^39000112345678\d{10}$/);
    assert.match(second.text, /^39000187654321\d{10}$/);
    assert.deepEqual(first.refreshAt, new Date('2026-03-01T08:00:30Z'));
  });
});
