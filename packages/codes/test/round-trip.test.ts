import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type AnyCode, type CodeDraft, encode, parse, recognize, schemes, toDynamic } from '../src/index.ts';
import { draftsByScheme } from './drafts.ts';

/** Every text a draft gives must be read back at the same place; a place left out may hold anything. */
function assertHolds(actual: unknown, wanted: unknown, path: string): void {
  if (wanted === undefined) return;
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) {
    assert.deepEqual(actual, wanted, path);
    return;
  }
  for (const [name, value] of Object.entries(wanted)) {
    assertHolds((actual as Record<string, unknown> | undefined)?.[name], value, `${path}.${name}`);
  }
}

function assertRoundTrip(draft: CodeDraft): void {
  const text = encode(draft);
  const read: AnyCode = parse(text);
  assertHolds(read, draft, draft.scheme);
  assert.deepEqual(parse(encode(read)), read);
  const { scheme, presentment, mode, secret } = read;
  assert.deepEqual(recognize(text), { scheme, presentment, mode, secret });
}

describe('encode, then parse', () => {
  for (const [name, drafts] of Object.entries(draftsByScheme)) {
    it(`gives back what was written: ${name}`, () => {
      fc.assert(fc.property(drafts, assertRoundTrip), { numRuns: 60 });
    });
  }

  it('is tested for every scheme that can be written from fields', () => {
    const tested = new Set(Object.keys(draftsByScheme).map((name) => name.replace(' payer', '')));
    const names = new Set(schemes.flatMap((scheme) => scheme.names));
    // An invoice needs the payee's key to be written; the shared vectors hold it to its own text.
    names.delete('bolt11');
    assert.deepEqual(
      [...names].filter((name) => !tested.has(name)),
      [],
    );
  });
});

describe('toDynamic', () => {
  const opaque = [
    'barlink payer',
    'emv-cpm',
    'wechat',
    'alipay',
    'unionpay-qr',
    'unionpay-payment',
    'th-slip',
    'zatca',
  ];
  const chosen = Object.entries(draftsByScheme).filter(
    ([name]) => !opaque.some((start) => name.startsWith(start)),
  );
  for (const [name, drafts] of chosen) {
    it(`sets the amount and keeps the rest: ${name}`, () => {
      fc.assert(
        fc.property(drafts, (draft) => {
          const before: AnyCode = parse(encode(draft));
          const after: AnyCode = toDynamic(before, '98.76');
          assert.equal(after.money.amount, '98.76');
          assert.deepEqual(after.merchant, before.merchant);
          assert.deepEqual(after.accounts, before.accounts);
          assert.deepEqual(after.data, before.data);
          assert.equal(after.reference, before.reference);
          if (before.crc !== undefined && before.tree[0]?.id === '00') assert.equal(after.mode, 'dynamic');
        }),
        { numRuns: 20 },
      );
    });
  }
});
