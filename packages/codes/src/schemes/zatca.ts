import { readBase64, writeBase64 } from '../binary/base64.ts';
import { fromHex, toHex } from '../binary/hex.ts';
import { readUtf8, writeUtf8 } from '../binary/utf8.ts';
import type { AnyCode, CodeDraft, CodeOf, Scheme, Violation } from '../code.ts';
import type { PrimitiveObject } from '../emv/objects.ts';
import { CodeError } from '../error.ts';
import { createFindings } from '../text/violations.ts';

/** Tags 1-6 are text, 7-9 bytes (shown as hex). */
const TEXT_TAGS = 6;
const MANDATORY = ['1', '2', '3', '4', '5'];

/** E-invoice codes of ZATCA, Saudi Arabia: proof of an invoice, not an order to pay. */
export const zatca: Scheme = {
  names: ['zatca'],
  presentment: 'merchant',
  recognize: (text) =>
    /^A[Q-Za-f]/.test(text) && text.length >= 24 && readBase64(text)
      ? { scheme: 'zatca', presentment: 'merchant', mode: 'unspecified', secret: false }
      : undefined,
  decode: (text) => decodeZatca(text),
  encode: (draft) => encodeZatca(draft),
  validate: (code) => listViolations(code),
};

function decodeZatca(text: string): ZatcaCode {
  const tree = readTags(readBase64(text) ?? new Uint8Array());
  const tag = (id: string): string | undefined => tree.find((entry) => entry.id === id)?.value;
  for (const id of MANDATORY) {
    if (tag(id) === undefined) throw new CodeError('QR_OBJECT_MISSING', `tag ${id} is missing`, { path: id });
  }
  const optional = {
    invoiceHash: tag('6'),
    signature: tag('7'),
    publicKey: tag('8'),
    stampSignature: tag('9'),
  };
  return {
    scheme: 'zatca',
    presentment: 'merchant',
    mode: 'unspecified',
    secret: false,
    merchant: { name: tag('1') ?? '', country: 'SA' },
    money: { amount: tag('4') ?? '', currency: '682', currencyAlpha: 'SAR' },
    accounts: [],
    data: {
      vatNumber: tag('2') ?? '',
      timestamp: tag('3') ?? '',
      vatAmount: tag('5') ?? '',
      phase: tag('6') === undefined ? 1 : 2,
      ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    },
    tree,
  };
}

function readTags(bytes: Uint8Array): PrimitiveObject[] {
  const entries: PrimitiveObject[] = [];
  for (let at = 0; at < bytes.length; ) {
    const id = String(bytes[at]);
    const end = at + 2 + (bytes[at + 1] ?? 0);
    if (at + 2 > bytes.length || end > bytes.length) {
      throw new CodeError('QR_OBJECT_TRUNCATED', 'a value ends after the bytes do', { path: id });
    }
    if (entries.some((entry) => entry.id === id)) {
      throw new CodeError('QR_OBJECT_DUPLICATE', `tag ${id} occurs twice`, { path: id });
    }
    const value = bytes.slice(at + 2, end);
    const text = Number(id) <= TEXT_TAGS ? readUtf8(value) : toHex(value);
    if (text === undefined) throw new CodeError('QR_TEXT_MALFORMED', 'a text is not UTF-8', { path: id });
    entries.push({ id, value: text });
    at = end;
  }
  return entries;
}

function encodeZatca(draft: CodeDraft): string {
  const data = (draft.data ?? {}) as Partial<ZatcaData>;
  const known: Readonly<Record<string, string | undefined>> = {
    '1': draft.merchant?.name,
    '2': data.vatNumber,
    '3': data.timestamp,
    '4': draft.money?.amount,
    '5': data.vatAmount,
    '6': data.invoiceHash,
    '7': data.signature,
    '8': data.publicKey,
    '9': data.stampSignature,
  };
  const others = (draft.tree ?? []).filter((entry) => !(entry.id in known)) as PrimitiveObject[];
  const bytes: number[] = [];
  for (const [id, text] of [
    ...Object.entries(known),
    ...others.map(({ id, value }) => [id, value] as const),
  ]) {
    if (text === undefined && !MANDATORY.includes(id)) continue;
    const value = Number(id) <= TEXT_TAGS ? writeUtf8(text ?? '') : fromHex(text ?? '');
    if (!value || value.length > 255 || text === undefined) {
      throw new CodeError('QR_OBJECT_FORMAT', `tag ${id} is missing, too long or not hex`, { path: id });
    }
    bytes.push(Number(id), value.length, ...value);
  }
  return writeBase64(Uint8Array.from(bytes));
}

function listViolations(code: AnyCode): Violation[] {
  const { list, expect } = createFindings();
  const { vatNumber, timestamp, vatAmount } = code.data as unknown as ZatcaData;
  const amount = /^\d+(\.\d{1,2})?$/;
  expect(
    /^3\d{13}3$/.test(vatNumber),
    'QR_OBJECT_FORMAT',
    '2',
    'the VAT number is not 15 digits from 3 to 3',
  );
  expect(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(timestamp),
    'QR_OBJECT_FORMAT',
    '3',
    'the time is not ISO 8601',
  );
  expect(amount.test(code.money.amount ?? ''), 'QR_AMOUNT_FORMAT', '4', 'the total is not a decimal');
  expect(amount.test(vatAmount), 'QR_AMOUNT_FORMAT', '5', 'the VAT is not a decimal');
  return list;
}

/** What only ZATCA codes have. `signature`, `publicKey` and `stampSignature` are hex of the bytes as sent. */
export type ZatcaData = {
  readonly vatNumber: string;
  readonly timestamp: string;
  readonly vatAmount: string;
  readonly phase: 1 | 2;
  readonly invoiceHash?: string;
  readonly signature?: string;
  readonly publicKey?: string;
  readonly stampSignature?: string;
};

/** A ZATCA code as `parse` gives it. */
export type ZatcaCode = CodeOf<'zatca', ZatcaData>;
