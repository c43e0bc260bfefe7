import { crc32 } from '../binary/crc32.ts';
import { readLzma, writeLzma } from '../binary/lzma.ts';
import { readUtf8, writeUtf8 } from '../binary/utf8.ts';
import type { CodeDraft, CodeOf, Scheme } from '../code.ts';
import { findCurrencyNumber } from '../emv/currencies.ts';
import { CodeError } from '../error.ts';
import { moneyInLetters } from '../keyed/entries.ts';
import { assertIban } from '../text/check-digits.ts';
import { filled } from '../text/lines.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUV';
/** Where the fields are in the list of a payment. */
const FIELDS = [
  'paymentOptions',
  'amount',
  'currency',
  'dueDate',
  'variableSymbol',
  'constantSymbol',
  'specificSymbol',
  'originatorReference',
  'message',
] as const;
const BENEFICIARY = ['name', 'street', 'city'] as const;
const STANDING_ORDER_FIELDS = 4;
const DIRECT_DEBIT_FIELDS = 10;

/** PAY by square, Slovakia: base32hex of a header, then LZMA of a CRC-32 and tab-separated fields. */
export const payBySquare: Scheme = {
  names: ['paybysquare'],
  presentment: 'merchant',
  recognize: (text) =>
    /^0[048]0[0-9A-V]{57,}$/.test(text)
      ? { scheme: 'paybysquare', presentment: 'merchant', mode: 'dynamic', secret: false }
      : /^0[048]0[0-9A-VW-Za-z]{57,}$/.test(text)
        ? { scheme: 'paybysquare', presentment: 'merchant', mode: 'dynamic', secret: false }
        : undefined,
  decode: (text) => decodeSquare(text),
  encode: (draft) => encodeSquare(draft),
};

/** One account of the payee. */
export interface SquareAccount {
  readonly iban: string;
  readonly bic?: string;
}

/** What one payment order of a code says; a code nearly always holds one. */
export interface SquarePayment {
  /** `1` payment order, `2` standing order, `4` direct debit, added up. */
  readonly paymentOptions?: string;
  readonly amount?: string;
  readonly currency?: string;
  readonly dueDate?: string;
  readonly variableSymbol?: string;
  readonly constantSymbol?: string;
  readonly specificSymbol?: string;
  readonly originatorReference?: string;
  readonly message?: string;
  readonly bankAccounts: readonly SquareAccount[];
  readonly standingOrder?: readonly string[];
  readonly directDebit?: readonly string[];
  readonly beneficiary?: { readonly name?: string; readonly street?: string; readonly city?: string };
}

/** What only PAY by square has: the first payment's fields, and further payments if there are any. */
export type PayBySquareData = Omit<SquarePayment, 'amount' | 'currency' | 'beneficiary'> & {
  /** Format version: 0 is 1.0, 1 is 1.1, 2 is 1.2. */
  readonly version: number;
  readonly invoiceId?: string;
  readonly iban: string;
  readonly bic?: string;
  readonly ibans: readonly string[];
  readonly street?: string;
  readonly furtherPayments?: readonly SquarePayment[];
};

/** A PAY by square code as `parse` gives it. */
export type PayBySquareCode = CodeOf<'paybysquare', PayBySquareData>;

function decodeSquare(text: string): PayBySquareCode {
  const bytes = readBase32(text);
  const [head = 0, document = 0, low = 0, high = 0] = bytes;
  if (head > 2 || document !== 0) {
    throw new CodeError('QR_VERSION_UNKNOWN', 'the header is not one of a payment', { offset: 0 });
  }
  const size = low + high * 256;
  const plain = readLzma(bytes.slice(4), size);
  if (!plain || size < 5)
    throw new CodeError('QR_OBJECT_TRUNCATED', 'the compressed data is broken or cut short');
  const printed = new DataView(plain.buffer).getUint32(0, true);
  if (printed !== crc32(plain.slice(4)))
    throw new CodeError('QR_CHECKSUM_MISMATCH', 'the CRC-32 does not match');
  const fields = readUtf8(plain.slice(4));
  if (fields === undefined) throw new CodeError('QR_TEXT_MALFORMED', 'the fields are not UTF-8');
  return codeOf(fields, head);
}

function codeOf(text: string, version: number): PayBySquareCode {
  const fields = text.split('\t');
  const invoiceId = fields[0];
  const [first, ...furtherPayments] = readPayments(fields);
  if (!first) throw new CodeError('QR_OBJECT_MISSING', 'there is no payment', { path: '1' });
  const { amount, currency, beneficiary, ...rest } = first;
  const iban = first.bankAccounts[0]?.iban ?? '';
  const { name, city } = beneficiary ?? {};
  return {
    scheme: 'paybysquare',
    presentment: 'merchant',
    mode: 'dynamic',
    secret: false,
    merchant: filled({ name, city }),
    money: moneyInLetters(amount, currency, findCurrencyNumber),
    accounts: first.bankAccounts.map((account) => ({ network: 'iban', value: account.iban })),
    ...filled({ reference: first.originatorReference ?? first.variableSymbol }),
    data: {
      version,
      ...filled({ invoiceId, street: beneficiary?.street, bic: first.bankAccounts[0]?.bic }),
      ...rest,
      iban,
      ibans: first.bankAccounts.map((account) => account.iban),
      ...(furtherPayments.length > 0 && { furtherPayments }),
    },
    tree: fields.map((value, index) => ({ id: String(index), value })),
  };
}

function readPayments(fields: readonly string[]): SquarePayment[] {
  let at = 1;
  const next = (): string => {
    const field = fields[at++];
    if (field === undefined) {
      throw new CodeError('QR_OBJECT_TRUNCATED', 'there are fewer fields than announced', {
        path: String(at - 1),
      });
    }
    return field;
  };
  const count = (max: number): number => {
    const text = next();
    if (!/^\d{1,2}$/.test(text) || Number(text) > max) {
      throw new CodeError('QR_OBJECT_FORMAT', 'a count is not one', { path: String(at - 1) });
    }
    return Number(text);
  };
  const many = (length: number): string[] => Array.from({ length }, next);
  const payments: SquarePayment[] = [];
  for (let left = count(99); left > 0; left--) {
    const named = Object.fromEntries(FIELDS.map((name) => [name, next()]));
    const bankAccounts = Array.from({ length: count(99) }, () => readAccount(next(), next()));
    const standingOrder = count(1) === 1 ? many(STANDING_ORDER_FIELDS) : undefined;
    const directDebit = count(1) === 1 ? many(DIRECT_DEBIT_FIELDS) : undefined;
    payments.push({
      ...filled(named),
      bankAccounts,
      ...(standingOrder && { standingOrder }),
      ...(directDebit && { directDebit }),
    });
  }
  return payments.map((payment) => {
    const beneficiary = filled(Object.fromEntries(BENEFICIARY.map((name) => [name, fields[at++] ?? ''])));
    return Object.keys(beneficiary).length > 0 ? { ...payment, beneficiary } : payment;
  });
}

function readAccount(iban: string, bic: string): SquareAccount {
  assertIban(iban, 'iban');
  return { iban, ...filled({ bic }) };
}

function encodeSquare(draft: CodeDraft): string {
  const data = (draft.data ?? {}) as Partial<PayBySquareData>;
  const { name, city } = draft.merchant ?? {};
  const bankAccounts =
    data.bankAccounts ?? (data.iban ? [{ iban: data.iban, ...filled({ bic: data.bic }) }] : []);
  const first: SquarePayment = {
    ...(data as Omit<Partial<PayBySquareData>, 'street'>),
    paymentOptions: data.paymentOptions ?? '1',
    bankAccounts,
    ...filled({ amount: draft.money?.amount, currency: draft.money?.currencyAlpha }),
    beneficiary: filled({ name, street: data.street, city }),
  };
  const payments = [first, ...(data.furtherPayments ?? [])];
  const fields = [data.invoiceId ?? '', String(payments.length), ...payments.flatMap(fieldsOf)];
  for (const { beneficiary } of payments)
    for (const part of BENEFICIARY) fields.push(beneficiary?.[part] ?? '');
  if (fields.some((field) => field.includes('\t'))) {
    throw new CodeError('QR_OBJECT_CHARSET', 'a field holds a tab', { path: 'data' });
  }
  return writeSquare(writeUtf8(fields.join('\t')), data.version ?? 0);
}

function fieldsOf(payment: SquarePayment): string[] {
  const { bankAccounts, standingOrder, directDebit } = payment;
  for (const account of bankAccounts) assertIban(account.iban, 'data.iban');
  if (bankAccounts.length === 0)
    throw new CodeError('QR_OBJECT_MISSING', 'an account is missing', { path: 'data.iban' });
  return [
    ...FIELDS.map((name) => payment[name] ?? ''),
    String(bankAccounts.length),
    ...bankAccounts.flatMap(({ iban, bic }) => [iban, bic ?? '']),
    ...(standingOrder ? ['1', ...standingOrder] : ['0']),
    ...(directDebit ? ['1', ...directDebit] : ['0']),
  ];
}

function writeSquare(fields: Uint8Array, version: number): string {
  const plain = new Uint8Array(fields.length + 4);
  new DataView(plain.buffer).setUint32(0, crc32(fields), true);
  plain.set(fields, 4);
  return writeBase32([version, 0, plain.length & 0xff, plain.length >> 8, ...writeLzma(plain)]);
}

function readBase32(text: string): Uint8Array {
  const bytes: number[] = [];
  let buffer = 0;
  let bits = 0;
  for (let at = 0; at < text.length; at++) {
    const word = ALPHABET.indexOf(text[at] ?? '');
    if (word < 0) throw new CodeError('QR_OBJECT_CHARSET', 'a character is not base32hex', { offset: at });
    buffer = ((buffer << 5) | word) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((buffer >> bits) & 0xff);
  }
  return Uint8Array.from(bytes);
}

function writeBase32(bytes: readonly number[]): string {
  let text = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(buffer >> (bits - 5)) & 31];
  }
  return bits === 0 ? text : text + ALPHABET[(buffer << (5 - bits)) & 31];
}
