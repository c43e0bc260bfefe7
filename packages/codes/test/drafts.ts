import fc from 'fast-check';
import type { CodeDraft } from '../src/index.ts';

type Drafts = fc.Arbitrary<CodeDraft>;
type Shape = { readonly [name: string]: fc.Arbitrary<unknown> };

const form = (source: string): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^${source}$`));
const digits = (min: number, max = min): fc.Arbitrary<string> => form(`[0-9]{${min},${max}}`);
const ascii = (max: number): fc.Arbitrary<string> => form(`[ -~]{1,${max}}`);
/** Text of any planes, so that bytes, units and characters differ. */
const unicode = (max: number): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...'aZ09 ®é最佳운𠮷👀ក'), { minLength: 1, maxLength: max })
    .map((characters) => characters.join(''));
const word = (max: number): fc.Arbitrary<string> => form(`[A-Za-z0-9]{1,${max}}`);
const some = (shape: Shape): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(shape, { requiredKeys: [], noNullPrototype: true });
const all = (shape: Shape): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(shape, { noNullPrototype: true });
const both = (...parts: fc.Arbitrary<Record<string, unknown>>[]): fc.Arbitrary<Record<string, unknown>> =>
  fc.tuple(...parts).map((values) => Object.assign({}, ...values));

const amount = fc
  .tuple(fc.integer({ min: 0, max: 99999 }), fc.integer({ min: 1, max: 99 }))
  .map(([whole, cents]) => `${whole}.${String(cents).padStart(2, '0')}`);
const mode = fc.constantFrom('static', 'dynamic');

/** Check digits by ISO 7064 mod 97-10. */
function withCheckDigits(country: string, body: string): string {
  const numbers = [...`${body}${country}00`].map((c) => Number.parseInt(c, 36)).join('');
  return `${country}${String(98n - (BigInt(numbers) % 97n)).padStart(2, '0')}${body}`;
}
const iban = (country: string, length: number): fc.Arbitrary<string> =>
  digits(length - 4).map((body) => withCheckDigits(country, body));

const emvMerchant = some({
  name: unicode(25),
  city: ascii(15),
  postalCode: ascii(10),
  category: digits(4),
});
const emvMoney = some({ amount, tip: fc.constantFrom('prompt', 'fixed', 'percentage'), feeFixed: amount });
const emvAdditional = some({
  billNumber: unicode(10),
  mobileNumber: ascii(10),
  customerLabel: ascii(8),
  consumerDataRequest: fc.constantFrom('A', 'ME', 'AME'),
  '50': word(10),
});
const emvLanguage = all({
  preference: form('[a-z]{2}'),
  merchantName: unicode(25),
  merchantCity: unicode(15),
});

/** An EMVCo scheme's drafts: the standard's fields at random, the scheme's own as given. */
function emv(scheme: string, data: fc.Arbitrary<Record<string, unknown>>, extra: Shape = {}): Drafts {
  const optional = some({ mode, money: emvMoney, merchant: emvMerchant, language: emvLanguage, ...extra });
  return fc.tuple(data, optional).map(([own, rest]) => ({ scheme, data: own, ...rest }) as CodeDraft);
}

/** Another scheme's drafts. */
function other(scheme: string, shape: Shape, optional: Shape = {}): Drafts {
  return both(all(shape), some(optional)).map((fields) => ({ scheme, ...fields }) as CodeDraft);
}

const country = (code: string): fc.Arbitrary<Record<string, unknown>> =>
  both(emvMerchant, all({ country: fc.constant(code) }));
const luhn = digits(21).map((body) => {
  let sum = 0;
  for (const [at, digit] of [...`93${body}`.replace(/^93/, '39')].reverse().entries()) {
    const value = Number(digit) * (at % 2 === 0 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return `39${body}${(10 - (sum % 10)) % 10}`;
});
const swissReference = digits(26).map((body) => {
  let carry = 0;
  for (const digit of body) carry = Number('0946827135'[(carry + Number(digit)) % 10]);
  return `${body}${(10 - carry) % 10}`;
});

/** A scheme to the drafts it must write and read back. */
export const draftsByScheme: Readonly<Record<string, Drafts>> = {
  barlink: emv(
    'barlink',
    all({ acquirer: digits(6), merchantId: form('[A-Z0-9-]{1,15}'), codeId: form('[0-9A-HJKMNP-TV-Z]{16}') }),
    { additional: emvAdditional, reference: ascii(25) },
  ),
  'barlink payer': other('barlink', { presentment: fc.constant('consumer'), data: all({ digits: luhn }) }),
  'emv-mpm': emv('emv-mpm', fc.constant({}), {
    additional: emvAdditional,
    reference: unicode(25),
    accounts: fc.constant([
      { network: 'visa', id: '02', value: '4000123456789012' },
      { id: '26', gui: 'com.example', fields: { '01': 'abc', '15': 'x' } },
    ]),
    unreserved: fc.constant([{ id: '91', gui: 'A011223344998877', fields: { '07': '12345678' } }]),
  }),
  pix: emv(
    'pix',
    both(all({ key: ascii(40) }), some({ description: unicode(20), fss: digits(8), txid: word(25) })),
  ),
  qris: emv(
    'qris',
    both(
      all({ mpan: digits(14).map((rest) => `9360${rest}`) }),
      some({ merchantId: word(15), criteria: fc.constantFrom('UMI', 'UKE'), nmid: word(15) }),
    ),
  ),
  promptpay: emv(
    'promptpay',
    fc.oneof(
      all({ mobile: digits(9).map((rest) => `0066${rest}`) }),
      all({ nationalId: digits(13) }),
      both(all({ billerId: digits(15), ref1: word(20) }), some({ ref2: word(20), ref3: word(20) })),
    ),
  ),
  paynow: emv(
    'paynow',
    both(
      all({ proxyType: fc.constantFrom('0', '2'), proxy: ascii(12) }),
      some({ editable: digits(1), expiry: digits(8) }),
    ),
  ),
  sgqr: emv(
    'sgqr',
    both(all({ sgqrId: word(12) }), some({ version: ascii(7), proxyType: digits(1), proxy: ascii(12) })),
  ),
  duitnow: emv('duitnow', all({ acquirerId: digits(6), merchantId: word(15) })),
  khqr: emv(
    'khqr',
    both(
      all({ accountId: form('[a-z]{3,10}@[a-z]{4}') }),
      fc.oneof(all({ merchantId: word(10) }), some({ accountInformation: word(10) })),
      some({ acquiringBank: ascii(12), createdAt: digits(13), expiresAt: digits(13) }),
    ),
  ),
  vietqr: emv(
    'vietqr',
    both(all({ bin: digits(6), account: word(19) }), some({ service: word(8), purpose: ascii(20) })),
  ),
  vnpay: emv('vnpay', all({ merchantCode: word(20) })),
  qrph: emv('qrph', both(all({ bic: word(11), merchantId: word(15) }), some({ account: digits(16) }))),
  'fps-hk': emv(
    'fps-hk',
    both(all({ fpsId: digits(7) }), some({ bankCode: digits(3), timeout: digits(12) })),
  ),
  bharatqr: emv(
    'bharatqr',
    both(all({ vpa: form('[a-z]{3,9}@[a-z]{3}') }), some({ upiReference: word(20), rupayPan: digits(16) })),
  ),
  lankaqr: emv('lankaqr', all({ merchantAccount: digits(28) })),
  nepalpay: emv('nepalpay', all({ merchantId: word(15) })),
  mmqr: emv('mmqr', all({ acquirerId: word(10), merchantId: word(15) })),
  jpqr: emv('jpqr', all({ lv1: digits(13), lv2: digits(4), lv3: digits(6), lv4: digits(6) })),
  twqr: emv('twqr', all({ data: ascii(60) })),
  raast: emv('raast', all({ account: word(24) })),
  unionpay: emv('unionpay', all({ account: digits(31) }), { merchant: country('US') }),
  'emv-cpm': other('emv-cpm', {
    presentment: fc.constant('consumer'),
    data: both(
      all({
        applications: fc.array(
          both(
            all({ adfName: form('A[0-9A-F]{13}') }),
            some({
              applicationLabel: ascii(16),
              pan: digits(13, 19),
              other: fc.constant({ '9F36': '0002' }),
            }),
          ),
          { minLength: 1, maxLength: 3 },
        ),
      }),
      some({
        common: some({ cardholderName: ascii(26), track2: fc.constant('1234567890123458D191220112345F') }),
      }),
    ),
  }),
  'alipay-payment-code': other('alipay-payment-code', { data: all({ text: form('2[5-9][0-9]{14,22}') }) }),
  'alipay-qr': other('alipay-qr', { data: all({ token: form('[a-z0-9]{16}') }) }),
  'wechat-payment-code': other('wechat-payment-code', { data: all({ text: form('1[0-5][0-9]{16}') }) }),
  'wechat-native': other('wechat-native', { data: all({ token: word(9) }) }),
  'wechat-p2p': other('wechat-p2p', { data: all({ text: form('wxp://f2f0[A-Za-z0-9_-]{20}') }) }),
  'unionpay-payment-code': other('unionpay-payment-code', { data: all({ text: form('62[0-9]{17}') }) }),
  'unionpay-qr': other('unionpay-qr', { data: all({ acquirer: digits(8), token: digits(32) }) }),
  upi: other(
    'upi',
    {
      data: both(
        all({ vpa: form('[a-z.]{3,9}@[a-z]{3}') }),
        some({ note: unicode(20), minimumAmount: amount }),
      ),
    },
    {
      merchant: some({ name: unicode(20), category: digits(4) }),
      money: both(all({ currencyAlpha: fc.constant('INR') }), some({ amount })),
      reference: unicode(20),
    },
  ),
  epc: other(
    'epc',
    {
      merchant: all({ name: word(20) }),
      data: both(
        all({ iban: iban('DE', 22), version: fc.constant('002'), bic: fc.constantFrom('', 'BFSWDE33BER') }),
        some({ purpose: word(4), remittanceText: word(40), information: word(40) }),
      ),
    },
    { money: all({ amount, currencyAlpha: fc.constant('EUR') }), reference: word(20) },
  ),
  'swiss-qr-bill': other(
    'swiss-qr-bill',
    {
      merchant: all({ name: word(20), city: word(20), postalCode: digits(4), country: fc.constant('CH') }),
      reference: swissReference,
      data: both(
        all({
          iban: digits(12).map((rest) => withCheckDigits('CH', `30808${rest}`)),
          referenceType: fc.constant('QRR'),
        }),
        some({
          message: unicode(40).map((text) => text.trim() || 'x'),
          billInformation: word(30),
          debtor: all({ type: fc.constant('S'), name: word(20), city: word(9), country: fc.constant('CH') }),
          alternativeSchemes: fc.array(word(20), { minLength: 1, maxLength: 2 }),
        }),
      ),
    },
    { money: all({ amount, currencyAlpha: fc.constantFrom('CHF', 'EUR') }) },
  ),
  spayd: other(
    'spayd',
    {
      data: both(
        all({ iban: iban('CZ', 24) }),
        some({
          message: unicode(30),
          variableSymbol: digits(10),
          dueDate: digits(8),
          alternativeIbans: fc.array(iban('CZ', 24), { minLength: 1, maxLength: 2 }),
        }),
      ),
    },
    {
      money: all({ amount, currencyAlpha: fc.constant('CZK') }),
      merchant: all({ name: ascii(35) }),
      reference: digits(16),
    },
  ),
  twqrp: other(
    'twqrp',
    {
      merchant: all({ name: unicode(10) }),
      data: both(
        all({ transactionType: fc.constant('02') }),
        some({
          bankCode: digits(3),
          account: digits(16),
          memo: unicode(10),
          editable: fc.constant(['memo']),
        }),
      ).map((data) => (data.memo === undefined ? { ...data, editable: undefined } : data)),
    },
    { money: all({ amount }), reference: word(20) },
  ),
  bip21: other(
    'bip21',
    {
      data: both(
        all({ address: fc.constant('1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH') }),
        some({ label: unicode(20), message: unicode(20) }),
      ),
    },
    { money: all({ amount }) },
  ),
  'th-slip-verify': other('th-slip-verify', { data: all({ sendingBank: digits(3) }), reference: word(20) }),
  'th-bot-barcode': other(
    'th-bot-barcode',
    { data: all({ billerId: digits(15), ref1: word(18), ref2: word(18) }) },
    { money: all({ amount }) },
  ),
  zatca: other('zatca', {
    merchant: all({ name: unicode(25) }),
    money: all({ amount }),
    data: both(
      all({ vatNumber: digits(15), timestamp: fc.constant('2024-01-31T10:00:00Z'), vatAmount: amount }),
      some({ invoiceHash: word(44), signature: form('([0-9A-F]{2}){8}') }),
    ),
  }),
  paybysquare: other(
    'paybysquare',
    {
      data: both(
        all({ iban: iban('SK', 24), invoiceId: word(10) }),
        some({ bic: word(11), variableSymbol: digits(10), message: unicode(60), dueDate: digits(8) }),
      ),
      merchant: some({ name: unicode(20), city: word(10) }),
    },
    { money: all({ amount, currencyAlpha: fc.constant('EUR') }) },
  ),
};
