import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  BARLINK_ADF_NAME,
  CodeError,
  encode,
  encodePayerCpm,
  findPayerDigits,
  parse,
  recognize,
  validate,
} from '../src/index.ts';

const file = new URL('../../../spec/vectors/tokens/payer-codes.json', import.meta.url);
const { made } = JSON.parse(readFileSync(file, 'utf8')) as { made: { code: string; emvCpm: string }[] };

describe('a payer code as an EMVCo consumer-presented code (spec/codes.md 4)', () => {
  for (const { code, emvCpm } of made) {
    it(`${code} and back`, () => {
      assert.equal(encodePayerCpm(code), emvCpm);
      assert.equal(findPayerDigits(parse(emvCpm)), code);
    });
  }

  it('is a secret that breaks no rule of EMVCo and fits a small symbol', () => {
    const [{ emvCpm = '' } = {}] = made;
    assert.equal(recognize(emvCpm)?.secret, true);
    assert.deepEqual(validate(emvCpm), []);
    assert.ok(emvCpm.length <= 84);
  });

  it('is not made of digits that are no payer code', () => {
    for (const digits of ['', '1234', '380001100000018840190700', '390001100000018840190701']) {
      assert.throws(() => encodePayerCpm(digits), CodeError);
    }
  });

  it('is not found in codes of others', () => {
    const [{ code = '' } = {}] = made;
    assert.equal(findPayerDigits(parse(code)), undefined);
    const track2 = '4111111111111111D4912201';
    const card = encode({
      scheme: 'emv-cpm',
      data: { applications: [{ adfName: 'A0000000031010', track2 }] },
    });
    assert.equal(findPayerDigits(parse(card)), undefined);
  });

  it('is refused where ours holds something else', () => {
    const tracks = ['4111111111111111D4912201', '390001100000012D4912201884019070'];
    for (const track2 of [undefined, ...tracks]) {
      const application = {
        adfName: BARLINK_ADF_NAME,
        ...(track2 === undefined ? { pan: '4111111111111111' } : { track2 }),
      };
      const text = encode({ scheme: 'emv-cpm', data: { applications: [application] } });
      assert.throws(
        () => findPayerDigits(parse(text)),
        (error: unknown) => error instanceof CodeError && error.code === 'QR_OBJECT_FORMAT',
      );
    }
  });
});
