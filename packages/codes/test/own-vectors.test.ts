import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  type AnyCode,
  attachSignature,
  CodeError,
  decodeMerchantCode,
  encode,
  encodeMerchantCode,
  findSignature,
  type MerchantCode,
  parse,
  recognize,
  toDynamic,
  validate,
} from '../src/index.ts';

function readVectors(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(`../../../spec/vectors/codes/${name}`, import.meta.url), 'utf8'));
}

interface Refused {
  readonly name: string;
  readonly text: string;
  readonly error: string;
}

interface RoundTrip {
  readonly name: string;
  readonly text: string;
  readonly scheme: string;
  readonly mode?: string;
  readonly money?: Readonly<Record<string, string>>;
}

/** A payload from a public source: what it says, or why it is refused. */
interface Further {
  readonly source: string;
  /** Whether the source says what the payload holds; otherwise we read it first ourselves. */
  readonly stated?: true;
  readonly text: string;
  readonly error?: string;
  readonly scheme?: string;
  readonly mode?: string;
  readonly amount?: string;
  readonly name?: string;
  readonly account?: string;
  readonly reference?: string;
  readonly expiry?: string;
  readonly data?: Readonly<Record<string, string>>;
}

interface Unified {
  readonly fields: MerchantCode;
  readonly payload: string;
  readonly signature: { readonly keyId: string; readonly signature: string };
  readonly signed: string;
}

const { refused } = readVectors('refused.json') as unknown as { readonly refused: readonly Refused[] };
const { texts } = readVectors('round-trip.json') as unknown as { readonly texts: readonly RoundTrip[] };
const { texts: further } = readVectors('further.json') as unknown as { readonly texts: readonly Further[] };
const { texts: lookAlikes } = readVectors('look-alikes.json') as unknown as { readonly texts: string[] };
const { valid } = readVectors('unified.json') as unknown as { readonly valid: readonly Unified[] };

function errorOf(run: () => unknown): CodeError | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof CodeError) return error;
    throw error;
  }
  return undefined;
}

describe('spec/vectors/codes', () => {
  for (const { fields, payload, signature, signed } of valid) {
    it(`is a unified code, both ways: ${fields.mode} (spec/codes.md 3)`, () => {
      assert.equal(encodeMerchantCode(fields), payload);
      assert.deepEqual(decodeMerchantCode(payload), fields);
      assert.equal(attachSignature(payload, signature), signed);
      assert.deepEqual(decodeMerchantCode(signed), fields);
      assert.deepEqual(findSignature(signed), { ...signature, signedText: payload.slice(0, -8) });
    });
  }

  for (const { name, text, scheme, mode, money = {} } of texts) {
    it(`is read and written back: ${name}`, () => {
      const code = parse(text);
      const { tree: _, ...read } = code;
      const { tree: __, ...again } = parse(encode(code));
      assert.deepEqual(again, read);
      assert.equal(code.scheme, scheme);
      assert.equal(code.mode, mode ?? code.mode);
      assert.equal(recognize(text)?.mode, code.mode);
      for (const [field, value] of Object.entries(money)) {
        assert.equal((code as AnyCode).money[field as 'amount'], value);
      }
    });
  }

  for (const [index, { source, stated, text, error, data = {}, ...wanted }] of further.entries()) {
    it(`${stated ? 'agrees with' : 'reads as before a text of'} ${source} (${index + 1}, ${error ?? wanted.scheme})`, () => {
      assert.equal(errorOf(() => parse(text))?.code, error);
      if (error !== undefined) return;
      const code: AnyCode = parse(text);
      const { scheme, mode, merchant, money, accounts, reference, expiry } = code;
      const account = accounts[0]?.value;
      const read = { scheme, mode, amount: money.amount, name: merchant.name, account, reference };
      const kept = Object.entries({ ...read, expiry: expiry?.toISOString() }).filter(([, value]) => value);
      assert.deepEqual(Object.fromEntries(kept), wanted);
      for (const [name, value] of Object.entries(data)) assert.equal(code.data[name], value, name);
      assert.equal(recognize(text)?.scheme, scheme);
      const { tree: _, ...before } = code;
      const { tree: __, ...after } = parse(encode(code));
      assert.deepEqual({ ...after, crc: 0 }, { ...before, crc: 0 });
    });
  }

  it('is not recognised when it only looks like a known scheme', () => {
    for (const text of lookAlikes) {
      assert.equal(recognize(text), undefined, text);
      assert.equal(errorOf(() => parse(text))?.code, 'QR_SCHEME_UNKNOWN', text);
    }
  });

  for (const { name, text, error } of refused) {
    it(`is refused: ${name}`, () => {
      assert.equal(errorOf(() => parse(text, { strict: true }))?.code, error);
      const isRule = name.startsWith('strict:');
      assert.equal(errorOf(() => parse(text)) === undefined, isRule);
      assert.ok(
        validate(text).some((violation) => violation.code === error && violation.severity === 'error'),
      );
    });
  }
});

const pix = '00020126330014br.gov.bcb.pix0111116802188305204000053039865802BR5901A6001B62070503***6304';
/** The codes that come from writing, or from texts too long for a table. */
const otherwise: Readonly<Record<string, () => unknown>> = {
  QR_OBJECT_TOO_LONG: () => encode({ scheme: 'pix', data: { key: 'x'.repeat(100) } }),
  QR_WRITE_UNSUPPORTED: () => encode({ scheme: 'bolt11' }),
  QR_SCHEME_UNKNOWN: () => encode({ scheme: 'nothing' }),
  QR_DYNAMIC_UNSUPPORTED: () => toDynamic(parse('135112298638468293'), '1.00'),
  QR_AMOUNT_FORMAT: () => toDynamic({ scheme: 'pix', data: { key: 'a' } }, '0'),
  QR_SIGNATURE_PRESENT: () =>
    attachSignature(valid[0]?.signed ?? '', { keyId: 'aaaaaaaa', signature: '0'.repeat(96) }),
  QR_SIGNATURE_MALFORMED: () => attachSignature(valid[0]?.payload ?? '', { keyId: 'a', signature: '' }),
  QR_SIGNATURE_INVALID: () => {
    const code: AnyCode = parse(
      'lnbc2500u1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7en' +
        'xv4jsxqzpuaztrnwngzn3kdzw5hydlzf03qdgm2hdq27cqv3agm2awhz5se903vruatfhq77w3ls4evs3ch9zw97j2' +
        '5emudupq63nyw24cg27h2rspfj9srp',
    );
    return encode({ ...code, money: { amount: '1', currencyAlpha: 'BTC' } });
  },
};
/** Reported, never thrown. */
const warnings: Readonly<Record<string, () => string>> = {
  QR_CRC_LOWERCASE: () => `${pix}e813`,
  QR_AMOUNT_EXPONENT: () => encode({ scheme: 'emv-mpm', money: { currency: '392', amount: '1.5' } }),
};

describe('CodeError', () => {
  const source = readFileSync(new URL('../src/error.ts', import.meta.url), 'utf8');
  const codes = [...source.matchAll(/\| '(QR_[A-Z_]+)'/g)].map((match) => match[1] ?? '');

  it('has a test that provokes every code', () => {
    const provoked = new Set([
      ...refused.map(({ error }) => error),
      ...Object.keys(otherwise),
      ...Object.keys(warnings),
    ]);
    assert.deepEqual(
      codes.filter((code) => !provoked.has(code)),
      [],
    );
  });

  for (const [code, run] of Object.entries(otherwise)) {
    it(`is thrown as ${code}`, () => assert.equal(errorOf(run)?.code, code));
  }

  for (const [code, write] of Object.entries(warnings)) {
    it(`is only a warning as ${code}`, () => {
      const found = validate(write());
      assert.equal(found.find((violation) => violation.code === code)?.severity, 'warning');
    });
  }

  it('says where, by path and by offset, and never repeats the text', () => {
    const wrong = errorOf(() => parse(`${pix}0000`));
    assert.equal(wrong?.path, '63');
    assert.equal(wrong?.offset, pix.length);
    assert.ok(!wrong?.message.includes('11680218830'));
    const twice = errorOf(() => parse('00020126330014br.gov.bcb.pix01111680218830'));
    assert.deepEqual([twice?.code, twice?.path, twice?.offset], ['QR_OBJECT_TRUNCATED', '26', 6]);
  });
});
