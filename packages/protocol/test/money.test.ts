import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatDecimal, type MoneyErrorCode, parseDecimal, parseMoney } from '../src/index.ts';

const refused: readonly (readonly [currency: string, minor: string, code: MoneyErrorCode])[] = [
  ['XXQ', '100', 'MONEY_CURRENCY_UNKNOWN'],
  ['156', '100', 'MONEY_CURRENCY_UNKNOWN'],
  ['CNY', '0', 'MONEY_AMOUNT_ZERO'],
  ['CNY', '-0', 'MONEY_AMOUNT_ZERO'],
  ['CNY', '-1', 'MONEY_AMOUNT_NEGATIVE'],
  ['CNY', '-1.5', 'MONEY_AMOUNT_NEGATIVE'],
  ['CNY', '1.5', 'MONEY_AMOUNT_PRECISION'],
  ['CNY', '1e3', 'MONEY_AMOUNT_INVALID'],
  ['CNY', '', 'MONEY_AMOUNT_INVALID'],
  ['CNY', ' 1', 'MONEY_AMOUNT_INVALID'],
  ['CNY', '１', 'MONEY_AMOUNT_INVALID'],
  ['CNY', '10000000000000', 'MONEY_AMOUNT_TOO_LARGE'],
];

describe('parseMoney', () => {
  it('reads whole minor units', () => {
    assert.deepEqual(parseMoney({ currency: 'CNY', minor: '1250' }), { currency: 'CNY', minor: 1250n });
  });

  for (const [currency, minor, code] of refused) {
    it(`refuses ${JSON.stringify(minor)} ${currency} as ${code}`, () => {
      const path = code === 'MONEY_CURRENCY_UNKNOWN' ? '/amount/currency' : '/amount/minor';
      assert.throws(() => parseMoney({ currency, minor }, '/amount'), { code, path });
    });
  }
});

describe('parseDecimal', () => {
  it('knows how many decimals a currency has', () => {
    assert.equal(parseDecimal('12.5', 'CNY').minor, 1250n);
    assert.equal(parseDecimal('12', 'JPY').minor, 12n);
    assert.equal(parseDecimal('1.234', 'BHD').minor, 1234n);
    assert.equal(parseDecimal('12.500', '156').currency, 'CNY');
  });

  it('refuses more precision than the currency has', () => {
    assert.throws(() => parseDecimal('12.345', 'CNY'), { code: 'MONEY_AMOUNT_PRECISION' });
    assert.throws(() => parseDecimal('12.5', 'JPY'), { code: 'MONEY_AMOUNT_PRECISION' });
  });

  it('refuses zero, negatives and what is no decimal', () => {
    assert.throws(() => parseDecimal('0.00', 'CNY'), { code: 'MONEY_AMOUNT_ZERO' });
    assert.throws(() => parseDecimal('-3', 'CNY'), { code: 'MONEY_AMOUNT_NEGATIVE' });
    assert.throws(() => parseDecimal('1,50', 'CNY'), { code: 'MONEY_AMOUNT_INVALID' });
    assert.throws(() => parseDecimal('1', 'XXQ'), { code: 'MONEY_CURRENCY_UNKNOWN' });
  });

  it('undoes formatDecimal', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 9_999_999_999_999n }),
        fc.constantFrom('CNY', 'JPY', 'BHD', 'EUR'),
        (minor, currency) => {
          assert.deepEqual(parseDecimal(formatDecimal({ currency, minor }), currency), { currency, minor });
        },
      ),
    );
  });
});
