import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createDraftWriter, createEmvMpm } from '../src/emv/index.ts';
import {
  type AnyCode,
  type CodeDraft,
  CodeError,
  emvProfiles,
  encode,
  parse,
  recognize,
  schemes,
  toDynamic,
} from '../src/index.ts';
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

  it('takes a text that begins like bytes for a text', () => {
    for (const applicationLabel of ['0x ', '0x41', '0xZZ', '0x']) {
      const applications = [{ adfName: 'A000000333010101', applicationLabel }];
      assertRoundTrip({ scheme: 'emv-cpm', presentment: 'consumer', data: { applications } });
    }
  });

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

describe('the writer of drafts', () => {
  const write = createDraftWriter(emvProfiles);
  const throughTree = createEmvMpm(emvProfiles).encode;

  /** What writing gives: the text, or the code of what is thrown. */
  function outcome(run: () => string | undefined): string | undefined {
    try {
      return run();
    } catch (error) {
      if (error instanceof CodeError) return error.code;
      throw error;
    }
  }

  const text = fc.oneof(
    { weight: 30, arbitrary: fc.string({ maxLength: 8 }) },
    { weight: 1, arbitrary: fc.string({ maxLength: 30, unit: 'grapheme' }) },
    { weight: 1, arbitrary: fc.string({ minLength: 90, maxLength: 101 }) },
    { weight: 10, arbitrary: fc.constantFrom('', '704', 'VN', 'CNY', 'A000000677010114', '9360001234') },
  );
  const groups = {
    mode: fc.constantFrom('static' as const, 'dynamic' as const, 'unspecified' as const),
    merchant: fc.record(
      { name: text, city: text, category: text, country: text, postalCode: text },
      { requiredKeys: [] },
    ),
    money: fc.record(
      {
        amount: text,
        currency: text,
        currencyAlpha: text,
        tip: fc.constantFrom('prompt' as const, 'fixed' as const, 'percentage' as const),
        feeFixed: text,
        feePercentage: text,
      },
      { requiredKeys: [] },
    ),
    additional: fc.dictionary(
      fc.constantFrom('billNumber', 'referenceLabel', 'purpose', 'terminalLabel', '10', 'nonsense'),
      text,
    ),
    reference: text,
  };

  for (const profile of emvProfiles) {
    const templates: readonly { readonly fields: object }[] = profile.templates;
    const names = [
      ...templates.flatMap(({ fields }) => Object.keys(fields)),
      ...Object.keys(profile.paths ?? {}),
    ];
    const data = fc.dictionary(fc.constantFrom(...names, 'unknown'), fc.option(text, { nil: undefined }));
    const drafts = fc.record(
      { ...groups, scheme: fc.constant(profile.scheme), data },
      { requiredKeys: ['scheme'] },
    );

    it(`writes what the tree gives, or nothing: ${profile.scheme}`, () => {
      let count = 0;
      fc.assert(
        fc.property(drafts, (draft) => {
          const direct = write(draft as CodeDraft);
          if (direct === undefined) return;
          count++;
          assert.equal(
            direct,
            outcome(() => throughTree?.(draft as CodeDraft)),
          );
        }),
        { numRuns: 300 },
      );
      assert.ok(count > 20, `only ${count} of 300 drafts were written without a tree`);
    });
  }

  it('leaves drafts with a value that is no text to the tree, which names it', () => {
    const merchant = { name: 5 as unknown as string };
    const failure = { code: 'QR_OBJECT_FORMAT', path: '59' };
    assert.throws(() => encode({ scheme: 'pix', merchant, data: { key: 'a@b.c' } }), failure);
  });
});
