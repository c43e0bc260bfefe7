import type { CodeOf, Scheme } from '../code.ts';
import { CodeError } from '../error.ts';
import { assertLuhn, isLuhn } from '../text/check-digits.ts';

/** The first two digits of every Barlink payer code. */
export const PAYER_PREFIX = '39';

/**
 * The payer's one-time code: 24 digits, prefix 39, Luhn digit last. It is a secret until it is used.
 * What the digits between mean is the token package's business. spec/codes.md 4.
 */
export const barlinkPayer: Scheme = {
  names: ['barlink'],
  presentment: 'consumer',
  recognize: (text) =>
    /^39\d{22}$/.test(text) && isLuhn(text)
      ? { scheme: 'barlink', presentment: 'consumer', mode: 'dynamic', secret: true }
      : undefined,
  decode: (text) => {
    assertLuhn(text);
    const code: BarlinkPayerCode = {
      scheme: 'barlink',
      presentment: 'consumer',
      mode: 'dynamic',
      secret: true,
      merchant: {},
      money: {},
      accounts: [],
      data: { digits: text },
      tree: [],
    };
    return code;
  },
  encode: (draft) => {
    const digits = draft.data?.digits;
    if (typeof digits !== 'string' || !/^39\d{22}$/.test(digits)) {
      throw new CodeError('QR_OBJECT_FORMAT', 'a payer code is 24 digits that start with 39', {
        path: 'data.digits',
      });
    }
    assertLuhn(digits);
    return digits;
  },
};

/** A payer's one-time code as `parse` gives it. */
export type BarlinkPayerCode = CodeOf<'barlink', { readonly digits: string }>;
