import assert from 'node:assert/strict';
import type { CodeId, ParticipantId } from '@barlink/protocol';
import fc from 'fast-check';
import {
  decidePresented,
  formatCodeId,
  type RegisteredCode,
  renderCode,
  withoutCrc,
} from '../../src/codes/merchant-code.ts';

const now = new Date('2026-03-01T08:00:00Z');
const code: RegisteredCode = {
  codeId: '01K0000000000000' as CodeId,
  acquirerId: 'acquirer-east' as ParticipantId,
  merchant: { id: 'TEA-1', name: 'Jade Tea House', city: 'Hangzhou', category: '5814', country: 'CN' },
  mode: 'static',
  uses: 'many',
  form: 'emv',
  currency: 'CNY',
  amount: undefined,
  reference: undefined,
  expiresAt: undefined,
  payload: 'BODY6304ABCD',
  createdAt: now,
};

describe('formatCodeId', () => {
  it('writes 48 bits of time and 32 random bits in Crockford base32', () => {
    assert.equal(formatCodeId(0, 0), '0'.repeat(16));
    assert.equal(formatCodeId(2 ** 48 - 1, 2 ** 32 - 1), 'Z'.repeat(16));
  });

  const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
  const random = fc.integer({ min: 0, max: 2 ** 32 - 1 });

  it('sorts by time', () => {
    fc.assert(
      fc.property(time, time, random, random, (one, other, a, b) => {
        fc.pre(one !== other);
        assert.equal(formatCodeId(one, a) < formatCodeId(other, b), one < other);
      }),
    );
  });

  it('can be read back, and has the form the API asks for', () => {
    const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
    fc.assert(
      fc.property(time, random, (timeMs, bits) => {
        const id = formatCodeId(timeMs, bits);
        assert.match(id, /^[0-9A-HJKMNP-TV-Z]{16}$/);
        const value = [...id].reduce((sum, digit) => sum * 32n + BigInt(alphabet.indexOf(digit)), 0n);
        assert.deepEqual([value >> 32n, value & 0xffffffffn], [BigInt(timeMs), BigInt(bits)]);
      }),
    );
  });
});

describe('decidePresented', () => {
  const expiring = { ...code, expiresAt: now };
  const rows: readonly [string, RegisteredCode | undefined, string, Date, string][] = [
    ['as registered', code, 'BODY', now, 'payable'],
    ['not registered', undefined, 'BODY', now, 'CODE_PAYLOAD_UNKNOWN'],
    ['changed', code, 'BODY2', now, 'CODE_PAYLOAD_CHANGED'],
    ['a moment before its expiry', expiring, 'BODY', new Date(now.getTime() - 1), 'payable'],
    ['at its expiry', expiring, 'BODY', now, 'CODE_TIME_EXPIRED'],
    ['changed and expired', expiring, 'BODY2', now, 'CODE_PAYLOAD_CHANGED'],
  ];
  for (const [name, registered, body, at, verdict] of rows) {
    it(`${name}: ${verdict}`, () => {
      assert.equal(decidePresented(registered, body, at), verdict);
    });
  }
});

describe('renderCode', () => {
  it('leaves out what a code does not have', () => {
    assert.deepEqual(Object.keys(renderCode(code, '000031')), [
      'codeId',
      'acquirer',
      'acquirerNumber',
      'merchant',
      'mode',
      'currency',
      'uses',
      'form',
      'state',
      'payload',
      'createdAt',
    ]);
    assert.equal(withoutCrc(code.payload), 'BODY');
  });
});
