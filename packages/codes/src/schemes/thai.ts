import type { CodeDraft, CodeOf, Scheme } from '../code.ts';
import { crc16, crcText } from '../emv/crc.ts';
import { readValueObjects, writeObjects } from '../emv/objects.ts';
import { findText } from '../emv/tree.ts';
import { CodeError } from '../error.ts';
import { dataText, filled } from '../text/lines.ts';

const SLIP_API = '000001';

/**
 * Slip verification codes, Thailand: a proof of a transfer already made, with its own layout and the EMVCo
 * CRC.
 */
export const thaiSlipVerify: Scheme = {
  names: ['th-slip-verify'],
  presentment: 'merchant',
  recognize: (text) =>
    /^00\d\d0006000001/.test(text)
      ? { scheme: 'th-slip-verify', presentment: 'merchant', mode: 'dynamic', secret: false }
      : undefined,
  decode: (text) => decodeSlip(text),
  encode: (draft) => {
    const bank = dataText(draft.data, 'sendingBank');
    const inner = [
      { id: '00', value: SLIP_API },
      ...(bank === undefined ? [] : [{ id: '01', value: bank }]),
      ...(draft.reference === undefined ? [] : [{ id: '02', value: draft.reference }]),
    ];
    const country = { id: '51', value: draft.merchant?.country ?? 'TH' };
    const body = `${writeObjects([{ id: '00', objects: inner }, country])}9104`;
    return body + crcText(crc16(body));
  },
};

function decodeSlip(text: string): ThaiSlipCode {
  const tree = readValueObjects(text);
  const last = tree?.at(-1);
  const inner = readValueObjects(tree?.[0]?.value ?? '', '00');
  if (!tree || !inner) throw new CodeError('QR_OBJECT_MALFORMED', 'the text is not made of objects');
  if (last?.id !== '91')
    throw new CodeError('QR_CRC_MISSING', 'the CRC (object 91) is missing', { path: '91' });
  const crc = last.value;
  const computed = crcText(crc16(text, text.length - crc.length));
  if (crc.length !== 4 || computed !== crc.toUpperCase()) {
    throw new CodeError('QR_CRC_MISMATCH', 'the CRC does not match', { path: '91' });
  }
  const reference = findText(inner, '02');
  const country = findText(tree, '51');
  return {
    scheme: 'th-slip-verify',
    presentment: 'merchant',
    mode: 'dynamic',
    secret: false,
    merchant: filled({ country }),
    money: {},
    accounts: [],
    ...filled({ reference }),
    data: filled({ sendingBank: findText(inner, '01') }),
    tree: [{ id: '00', objects: inner }, ...tree.slice(1)],
    crc,
  };
}

/** Bill payment bar codes of the Bank of Thailand: biller, two references and hundredths, parted by CR. */
export const thaiBarcode: Scheme = {
  names: ['th-bot-barcode'],
  presentment: 'merchant',
  recognize: (text) =>
    /^\|\d{13,15}\r/.test(text)
      ? { scheme: 'th-bot-barcode', presentment: 'merchant', mode: barcodeMode(text), secret: false }
      : undefined,
  decode: (text) => decodeBarcode(text),
  encode: (draft) => encodeBarcode(draft),
};

function barcodeMode(text: string): 'static' | 'dynamic' {
  return /\r0*$/.test(text) ? 'static' : 'dynamic';
}

function decodeBarcode(text: string): ThaiBarcodeCode {
  const parts = text.slice(1).split('\r');
  const [billerId = '', ref1 = '', ref2 = '', satang = ''] = parts;
  if (parts.length < 4)
    throw new CodeError('QR_OBJECT_TRUNCATED', 'there are fewer than four parts', { path: '4' });
  if (parts.length > 4 || !/^\d{1,12}$/.test(satang)) {
    throw new CodeError('QR_AMOUNT_FORMAT', 'the last part is not an amount in satang', { path: '4' });
  }
  const wrong = [ref1, ref2].findIndex((part) => /[\n|]/.test(part));
  if (wrong >= 0) {
    throw new CodeError('QR_OBJECT_FORMAT', 'a reference holds a bar or a line end', {
      path: String(wrong + 2),
    });
  }
  const digits = satang.replace(/^0+/, '').padStart(3, '0');
  const amount = digits === '000' ? undefined : `${digits.slice(0, -2)}.${digits.slice(-2)}`;
  return {
    scheme: 'th-bot-barcode',
    presentment: 'merchant',
    mode: barcodeMode(text),
    secret: false,
    merchant: { country: 'TH' },
    money: { ...(amount !== undefined && { amount }), currency: '764', currencyAlpha: 'THB' },
    accounts: [{ network: 'th-biller', value: billerId }],
    ...filled({ reference: ref1 }),
    data: { billerId, ref1, ref2 },
    tree: parts.map((value, index) => ({ id: String(index + 1), value })),
  };
}

function encodeBarcode(draft: CodeDraft): string {
  const { data, money, reference } = draft;
  const [, whole, cents = ''] = /^(\d{1,10})(?:\.(\d{0,2}))?$/.exec(money?.amount ?? '0') ?? [];
  if (whole === undefined) {
    throw new CodeError('QR_AMOUNT_FORMAT', 'the amount is not a decimal with two places', {
      path: 'money.amount',
    });
  }
  const satang = (whole + cents.padEnd(2, '0')).replace(/^0+(?=\d)/, '');
  const parts = [
    dataText(data, 'billerId') ?? '',
    reference ?? dataText(data, 'ref1') ?? '',
    dataText(data, 'ref2') ?? '',
  ];
  if (!/^\d{13,15}$/.test(parts[0] ?? '') || parts.some((part) => /[\r\n|]/.test(part))) {
    throw new CodeError('QR_OBJECT_FORMAT', 'the biller or a reference does not have its form', {
      path: 'data',
    });
  }
  return `|${parts.join('\r')}\r${satang}`;
}

/** A slip verification code as `parse` gives it; `reference` is the transfer's. */
export type ThaiSlipCode = CodeOf<'th-slip-verify', { readonly sendingBank?: string }>;

/** A Thai bill payment bar code as `parse` gives it. */
export type ThaiBarcodeCode = CodeOf<
  'th-bot-barcode',
  { readonly billerId: string; readonly ref1: string; readonly ref2: string }
>;
