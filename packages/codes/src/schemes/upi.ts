import type { AnyCode, CodeDraft, CodeOf, Mode, Scheme, Violation } from '../code.ts';
import { findCurrencyNumber } from '../emv/currencies.ts';
import type { PrimitiveObject } from '../emv/objects.ts';
import { lookUp } from '../emv/view.ts';
import { CodeError } from '../error.ts';
import {
  entriesOfDraft,
  fieldsOfEntries,
  type KeyCodec,
  moneyInLetters,
  rawEntry,
  splitEntries,
} from '../keyed/entries.ts';
import { decodePercent, encodePercent } from '../text/percent.ts';

const START = /^upi:\/\/(pay|mandate)\/?\?/i;
const MODES: Readonly<Record<string, Mode>> = {
  '01': 'static',
  '02': 'static',
  '15': 'dynamic',
  '16': 'dynamic',
};
const codec: KeyCodec = {
  keys: {
    ver: 'data.version',
    mode: 'data.modeCode',
    pa: 'data.vpa',
    pn: 'merchant.name',
    mc: 'merchant.category',
    tid: 'data.transactionId',
    tr: 'reference',
    tn: 'data.note',
    am: 'money.amount',
    mam: 'data.minimumAmount',
    cu: 'money.currencyAlpha',
    url: 'data.url',
    purpose: 'data.purpose',
    orgid: 'data.organizationId',
    validitystart: 'data.validityStart',
    validityend: 'data.validityEnd',
    amrule: 'data.amountRule',
    recur: 'data.recurrence',
    recurvalue: 'data.recurrenceValue',
    recurtype: 'data.recurrenceType',
    txntype: 'data.transactionType',
    sign: 'data.signature',
  },
  read: (text, key) => decodePercent(text.replaceAll('+', '%20'), key),
  // Some apps fail on %40, so "@" stays.
  write: (text) => encodePercent(text, '@/:,'),
};

/**
 * UPI links, India. The signature, when there is one, covers the text before `&sign=` to the letter, so
 * entries
 * keep their raw text and a changed link loses it.
 */
export const upi: Scheme = {
  names: ['upi'],
  presentment: 'merchant',
  recognize: (text) => {
    if (!START.test(text)) return undefined;
    const mode = MODES[/[?&]mode=(\d\d)(&|$)/i.exec(text)?.[1] ?? ''] ?? 'unspecified';
    return { scheme: 'upi', presentment: 'merchant', mode, secret: false };
  },
  decode: (text) => decodeUpi(text),
  encode: (draft) => encodeUpi(draft),
  validate: (code) => listViolations(code),
};

function decodeUpi(text: string): UpiCode {
  const start = START.exec(text);
  const tree = splitEntries(text.slice(start?.[0].length), { part: '&', is: '=' });
  const { merchant, money, reference, data } = fieldsOfEntries(tree, codec);
  const { vpa } = data;
  if (!vpa) throw new CodeError('QR_OBJECT_MISSING', 'the payee address (pa) is missing', { path: 'pa' });
  return {
    scheme: 'upi',
    presentment: 'merchant',
    mode: lookUp(MODES, data.modeCode) ?? 'unspecified',
    secret: false,
    merchant,
    money: moneyInLetters(money.amount, money.currencyAlpha, findCurrencyNumber),
    accounts: [{ network: 'vpa', value: vpa }],
    ...(reference !== undefined && { reference }),
    data: { ...data, vpa, action: start?.[1]?.toLowerCase() === 'mandate' ? 'mandate' : 'pay' },
    tree,
  };
}

function encodeUpi(draft: CodeDraft): string {
  let entries = entriesOfDraft(draft, codec);
  if (rawEntry(entries, 'pa') === undefined) {
    throw new CodeError('QR_OBJECT_MISSING', 'the payee address is missing', { path: 'data.vpa' });
  }
  if (isSignedBefore(draft.tree as readonly PrimitiveObject[] | undefined, entries)) {
    entries = entries.filter((entry) => entry.id.toLowerCase() !== 'sign');
  }
  const query = entries.map((entry) => `${entry.id}=${entry.value}`).join('&');
  return `upi://${draft.data?.action === 'mandate' ? 'mandate' : 'pay'}?${query}`;
}

/** Whether the entries still carry the signature of other entries. */
function isSignedBefore(
  before: readonly PrimitiveObject[] | undefined,
  entries: readonly PrimitiveObject[],
): boolean {
  const sign = before && rawEntry(before, 'sign');
  if (sign === undefined || rawEntry(entries, 'sign') !== sign) return false;
  const text = (list: readonly PrimitiveObject[]): string =>
    list.map(({ id, value }) => `${id}=${value}`).join('&');
  return text(before ?? []) !== text(entries);
}

function listViolations(code: AnyCode): Violation[] {
  const found: Violation[] = [];
  const { vpa } = code.data;
  const { amount, currencyAlpha } = code.money;
  if (typeof vpa !== 'string' || !/^[\w.-]+@[\w.-]+$/.test(vpa)) {
    found.push(fault('QR_OBJECT_FORMAT', 'pa', 'the payee address is not name@handle'));
  }
  if (currencyAlpha !== undefined && currencyAlpha !== 'INR') {
    found.push(fault('QR_CURRENCY_UNEXPECTED', 'cu', 'UPI pays in INR only'));
  }
  if (amount !== undefined && amount !== '' && !/^\d+(\.\d{1,2})?$/.test(amount)) {
    found.push(fault('QR_AMOUNT_FORMAT', 'am', 'the amount is not a decimal with at most two places'));
  }
  if (code.merchant.name === undefined) {
    found.push({ ...fault('QR_OBJECT_MISSING', 'pn', 'the payee name is missing'), severity: 'warning' });
  }
  return found;
}

function fault(code: string, path: string, message: string): Violation {
  return { code, severity: 'error', path, message };
}

/** What only UPI has, under readable names; parameters not listed stay in the tree. */
export type UpiData = Readonly<Record<string, string>> & {
  readonly vpa: string;
  readonly action: 'pay' | 'mandate';
};

/** A UPI link as `parse` gives it. */
export type UpiCode = CodeOf<'upi', UpiData>;
