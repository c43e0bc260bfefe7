import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type AnyCode,
  attachSignature,
  CodeError,
  decodeMerchantCode,
  encodeMerchantCode,
  findSignature,
  type MerchantCode,
  parse,
  signedPart,
} from '../src/index.ts';

const poster: MerchantCode = {
  acquirer: '100001',
  merchantId: 'TEA-HOUSE-7',
  codeId: '01JDCV5Z7QABCDEF',
  name: 'Tea House',
  city: 'Beijing',
  category: '5812',
  country: 'CN',
  currency: '156',
  mode: 'static',
};
const signature = { keyId: 'aB3_-xyZ', signature: 'QED8WEX0'.repeat(12) };

const text = (length: number) =>
  fc.string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c)),
    minLength: 1,
    maxLength: length,
  });
const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`));
const anyMerchantCode: fc.Arbitrary<MerchantCode> = fc.record(
  {
    acquirer: digits(6),
    merchantId: fc.stringMatching(/^[A-Z0-9-]{1,15}$/),
    codeId: fc.stringMatching(/^[0-9A-HJKMNP-TV-Z]{16}$/),
    name: text(25),
    city: text(15),
    category: digits(4),
    country: fc.stringMatching(/^[A-Z]{2}$/),
    currency: digits(3),
    mode: fc.constantFrom('static' as const, 'dynamic' as const),
    amount: fc
      .tuple(fc.integer({ min: 1, max: 999999 }), digits(2))
      .map(([whole, cents]) => `${whole}.${cents}`),
    reference: text(25),
    store: text(25),
    terminal: text(25),
  },
  {
    noNullPrototype: true,
    requiredKeys: [
      'acquirer',
      'merchantId',
      'codeId',
      'name',
      'city',
      'category',
      'country',
      'currency',
      'mode',
      'amount',
    ],
  },
);

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof CodeError) return error.code;
    throw error;
  }
  return undefined;
}

describe('unified merchant code', () => {
  it('writes the template at 26 and the CRC last', () => {
    const payload = encodeMerchantCode(poster);
    assert.match(
      payload,
      /^00020101021126\d\d0011NET\.BARLINK01061000010211TEA-HOUSE-7031601JDCV5Z7QABCDEF5204/,
    );
    assert.match(payload, /6304[0-9A-F]{4}$/);
    assert.deepEqual(decodeMerchantCode(payload), poster);
  });

  it('refuses an amount with leading zeros: one amount has one spelling', () => {
    for (const amount of ['012.50', '00.50', '01']) {
      assert.equal(
        codeOf(() => encodeMerchantCode({ ...poster, mode: 'dynamic', amount })),
        'QR_OBJECT_FORMAT',
      );
    }
    assert.equal(
      codeOf(() => encodeMerchantCode({ ...poster, amount: '0.50' })),
      undefined,
    );
  });

  it('writes store and terminal into the additional data, next to the reference', () => {
    const payload = encodeMerchantCode({ ...poster, reference: 'TABLE 4', store: 'S-7', terminal: 'T2' });
    assert.match(payload, /62240303S-70507TABLE 40702T26304[0-9A-F]{4}$/);
    for (const member of ['store', 'terminal']) {
      for (const label of ['', 'x'.repeat(26), 'a\u0007']) {
        assert.equal(
          codeOf(() => encodeMerchantCode({ ...poster, [member]: label })),
          'QR_OBJECT_FORMAT',
        );
      }
    }
  });

  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(anyMerchantCode, (code) => {
        assert.deepEqual(decodeMerchantCode(encodeMerchantCode(code)), code);
      }),
    );
  });

  it('signs everything before object 98 and keeps it byte for byte', () => {
    const payload = encodeMerchantCode(poster);
    const covered = signedPart(payload);
    const signed = attachSignature(payload, signature);
    assert.equal(covered, payload.slice(0, -8));
    assert.equal(signedPart(signed), covered);
    assert.deepEqual(findSignature(signed), { ...signature, signedText: covered });
    assert.deepEqual(decodeMerchantCode(signed), poster);
    assert.equal(findSignature(payload), undefined);
  });

  it('is a normal code to parse', () => {
    const code: AnyCode = parse(
      attachSignature(encodeMerchantCode({ ...poster, amount: '12.50', mode: 'dynamic' }), signature),
    );
    assert.equal(code.scheme, 'barlink');
    assert.equal(code.mode, 'dynamic');
    assert.equal(code.money.amount, '12.50');
    assert.equal(code.money.currencyAlpha, 'CNY');
    assert.equal(code.data.signed, true);
    assert.equal(code.data.keyId, signature.keyId);
  });

  it('refuses fields that do not fit, a second signature and templates out of place', () => {
    assert.equal(
      codeOf(() => encodeMerchantCode({ ...poster, acquirer: '1' })),
      'QR_OBJECT_FORMAT',
    );
    assert.equal(
      codeOf(() => encodeMerchantCode({ ...poster, mode: 'dynamic' })),
      'QR_OBJECT_MISSING',
    );
    assert.equal(
      codeOf(() => encodeMerchantCode({ ...poster, amount: '0.00' })),
      'QR_OBJECT_FORMAT',
    );
    const signed = attachSignature(encodeMerchantCode(poster), signature);
    assert.equal(
      codeOf(() => attachSignature(signed, signature)),
      'QR_SIGNATURE_PRESENT',
    );
    const unsigned = encodeMerchantCode(poster);
    const bad = { ...signature, signature: 'short' };
    assert.equal(
      codeOf(() => attachSignature(unsigned, bad)),
      'QR_SIGNATURE_MALFORMED',
    );
  });

  it('refuses any payload with one character changed', () => {
    const payload = attachSignature(encodeMerchantCode(poster), signature);
    for (let at = 0; at < payload.length; at++) {
      const other = payload[at] === '0' ? '1' : '0';
      const changed = payload.slice(0, at) + other + payload.slice(at + 1);
      assert.match(codeOf(() => decodeMerchantCode(changed)) ?? '', /^QR_/);
    }
  });
});
