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

describe('the entry for browsers and React Native', () => {
  it('imports nothing of Node, and no pool', () => {
    const start = fileURLToPath(new URL('../src/index.portable.ts', import.meta.url));
    const names = [...importsBelow(start).values()].flat().filter((name) => !name.startsWith('.'));
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
