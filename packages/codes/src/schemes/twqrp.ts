import type { AnyCode, CodeDraft, CodeOf, Mode, Scheme, Violation } from '../code.ts';
import type { PrimitiveObject } from '../emv/objects.ts';
import { CodeError } from '../error.ts';
import { splitEntries } from '../keyed/entries.ts';
import { stampDate } from '../text/dates.ts';
import { decodePercent, encodePercent } from '../text/percent.ts';
import { createFindings } from '../text/violations.ts';

const START = /^TWQRP(?:%3A%2F%2F|:\/\/)/i;
const LINK = /^TWQRP:\/\/([^/]*)\/(\d{3})\/(\d\d)\/(V\d+)\?(.*)$/i;
/** A fixed amount among the parameters, before and after percent-decoding. */
const PLAIN_AMOUNT = /^TWQRP:\/\/[^/]*\/\d{3}\/\d\d\/V\d+\?(?:.*&)?D1=/i;
const ENCODED_AMOUNT = /^TWQRP%3A%2F%2F(?:(?!%2F).)*%2F\d{3}%2F\d\d%2FV\d+%3F(?:.*%26)?D1%3D/i;
/** Parameter number to field; `D` is fixed, `M` may be changed by the payer. */
const FIELDS: Readonly<Record<string, string>> = {
  '2': 'orderNumber',
  '3': 'securityCode',
  '4': 'date',
  '5': 'bankCode',
  '6': 'account',
  '7': 'billNumber',
  '8': 'feeName',
  '9': 'memo',
  '10': 'currencyNumber',
  '11': 'acquirerInfo',
  '12': 'expiresAt',
};

/** TWQRP links, Taiwan (FISC): purchases (01), transfers (02) and bills (03). */
export const twqrp: Scheme = {
  names: ['twqrp'],
  presentment: 'merchant',
  recognize: (text) =>
    START.test(text)
      ? { scheme: 'twqrp', presentment: 'merchant', mode: modeOf(text), secret: false }
      : undefined,
  decode: (text) => decodeTwqrp(text),
  encode: (draft) => encodeTwqrp(draft),
  validate: (code) => listViolations(code),
};

function modeOf(text: string): Mode {
  return (isEncoded(text) ? ENCODED_AMOUNT : PLAIN_AMOUNT).test(text) ? 'dynamic' : 'static';
}

function isEncoded(text: string): boolean {
  return /^TWQRP%3A/i.test(text);
}

function decodeTwqrp(text: string): TwqrpCode {
  const wasEncoded = isEncoded(text);
  const plain = wasEncoded ? decodePercent(text.replaceAll('+', '%20'), '') : text;
  const parts = LINK.exec(plain);
  if (!parts) throw new CodeError('QR_OBJECT_MALFORMED', 'this is not NAME/country/type/version?parameters');
  const [, name = '', country = '', transactionType = '', version = '', query = ''] = parts;
  const tree = splitEntries(query, { part: '&', is: '=' });
  const data: Record<string, string> = {};
  const editable: string[] = [];
  let amount: string | undefined;
  for (const { id, value } of tree) {
    const [, letter, number = ''] = /^([DM])(\d{1,2})$/i.exec(id) ?? [];
    const field = number === '1' ? 'amount' : FIELDS[number];
    if (field === undefined) continue;
    if (letter?.toUpperCase() === 'M') editable.push(field);
    if (field === 'amount') amount = fromHundredths(value);
    else data[field] = wasEncoded ? value : decodePercent(value.replaceAll('+', '%20'), id);
  }
  const expiry = stampDate(data.expiresAt ?? '', '+08:00');
  const shown = wasEncoded ? name : decodePercent(name.replaceAll('+', '%20'), 'name');
  return {
    scheme: 'twqrp',
    presentment: 'merchant',
    mode: modeOf(plain),
    secret: false,
    merchant: { name: shown, ...(country === '158' && { country: 'TW' }) },
    money: { ...(amount !== undefined && { amount }), currency: '901', currencyAlpha: 'TWD' },
    accounts:
      data.account === undefined
        ? []
        : [{ network: 'twqrp', value: `${data.bankCode ?? ''}${data.account}` }],
    ...(data.orderNumber !== undefined && { reference: data.orderNumber }),
    ...(expiry && { expiry }),
    data: {
      ...data,
      name: shown,
      transactionType,
      version,
      countryNumber: country,
      ...(editable.length > 0 && { editable }),
    },
    tree,
  };
}

function fromHundredths(text: string): string {
  if (!/^\d+$/.test(text))
    throw new CodeError('QR_AMOUNT_FORMAT', 'the amount is not digits', { path: 'D1' });
  const digits = text.replace(/^0+(?=\d{3})/, '').padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function toHundredths(amount: string): string {
  const [, whole = '', cents = ''] = /^(\d+)(?:\.(\d{0,2}))?$/.exec(amount) ?? [];
  if (whole === '') {
    throw new CodeError('QR_AMOUNT_FORMAT', 'the amount is not a decimal with at most two places', {
      path: 'money.amount',
    });
  }
  return (whole + cents.padEnd(2, '0')).replace(/^0+(?=\d{3})/, '');
}

function encodeTwqrp(draft: CodeDraft): string {
  const data = (draft.data ?? {}) as Partial<TwqrpData> & Readonly<Record<string, unknown>>;
  const editable = new Set(data.editable ?? []);
  const entries: PrimitiveObject[] = [];
  const add = (number: string, field: string, text: unknown): void => {
    if (typeof text !== 'string') return;
    entries.push({ id: `${editable.has(field) ? 'M' : 'D'}${number}`, value: encodePercent(text, ',:;') });
  };
  const amount = draft.money?.amount;
  if (amount !== undefined) add('1', 'amount', toHundredths(amount));
  for (const [number, field] of Object.entries(FIELDS)) {
    add(number, field, field === 'orderNumber' ? (draft.reference ?? data.orderNumber) : data[field]);
  }
  const name = encodePercent(draft.merchant?.name ?? data.name ?? '', '');
  const { countryNumber = '158', transactionType = '01', version = 'V1' } = data;
  const head = `${name}/${countryNumber}/${transactionType}/${version}`;
  return `TWQRP://${head}?${entries.map(({ id, value }) => `${id}=${value}`).join('&')}`;
}

function listViolations(code: AnyCode): Violation[] {
  const { list, expect } = createFindings();
  const data = code.data as unknown as TwqrpData;
  const { amount } = code.money;
  expect(/^0[123]$/.test(data.transactionType), 'QR_VALUE_RESERVED', 'type', 'the type is not 01, 02 or 03');
  expect(data.countryNumber === '158', 'QR_VALUE_RESERVED', 'country', 'the country is not 158');
  expect(!amount || amount.length <= 15, 'QR_AMOUNT_FORMAT', 'D1', 'the amount has more digits than fit');
  expect(
    !data.bankCode || /^\d{3}$/.test(data.bankCode),
    'QR_OBJECT_FORMAT',
    'D5',
    'the bank is not three digits',
  );
  expect(
    !data.account || /^\d{16}$/.test(data.account),
    'QR_OBJECT_FORMAT',
    'D6',
    'the account is not 16 digits',
  );
  return list;
}

/** What only TWQRP links have. */
export type TwqrpData = {
  readonly name: string;
  readonly transactionType: string;
  readonly version: string;
  readonly countryNumber: string;
  /** Fields the payer may change. */
  readonly editable?: readonly string[];
  readonly orderNumber?: string;
  readonly securityCode?: string;
  readonly date?: string;
  readonly bankCode?: string;
  readonly account?: string;
  readonly billNumber?: string;
  readonly feeName?: string;
  readonly memo?: string;
  readonly currencyNumber?: string;
  readonly acquirerInfo?: string;
  /** YYYYMMDDhhmmss in Taipei time. */
  readonly expiresAt?: string;
};

/** A TWQRP link as `parse` gives it. */
export type TwqrpCode = CodeOf<'twqrp', TwqrpData>;
