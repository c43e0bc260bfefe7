import type { Account, AdditionalData, CodeMoney, Language, Merchant, Mode, Tip } from '../code.ts';
import { findCurrencyAlpha } from './currencies.ts';
import type { DataObject } from './objects.ts';
import { guiOf } from './profile.ts';
import { findObject, textOf } from './tree.ts';

/** Object 01 to the mode it stands for. */
export const MODES: Readonly<Record<string, Mode>> = { '11': 'static', '12': 'dynamic' };
/** Object 55 to the tip rule it stands for. */
export const TIPS: Readonly<Record<string, Tip>> = { '01': 'prompt', '02': 'fixed', '03': 'percentage' };
/** Sub-objects of 62 by name. */
export const ADDITIONAL: Readonly<Record<string, string>> = {
  '01': 'billNumber',
  '02': 'mobileNumber',
  '03': 'storeLabel',
  '04': 'loyaltyNumber',
  '05': 'referenceLabel',
  '06': 'customerLabel',
  '07': 'terminalLabel',
  '08': 'purpose',
  '09': 'consumerDataRequest',
};
/** Sub-objects of 64 by name. */
export const LANGUAGE: Readonly<Record<string, string>> = {
  '00': 'preference',
  '01': 'merchantName',
  '02': 'merchantCity',
};

/** Which network a primitive merchant account id belongs to (EMVCo MPM, table of object ids). */
export function networkOf(id: string): string | undefined {
  return NETWORKS[id];
}

const NETWORKS: Readonly<Record<string, string>> = {
  '02': 'visa',
  '03': 'visa',
  '04': 'mastercard',
  '05': 'mastercard',
  '09': 'discover',
  '10': 'discover',
  '11': 'amex',
  '12': 'amex',
  '13': 'jcb',
  '14': 'jcb',
  '15': 'unionpay',
  '16': 'unionpay',
};

/** What every EMVCo payload says, whatever its scheme. */
export interface EmvView {
  readonly mode: Mode;
  readonly merchant: Merchant;
  readonly money: CodeMoney;
  readonly accounts: readonly Account[];
  readonly additional?: AdditionalData;
  readonly language?: Language;
  readonly unreserved?: readonly Account[];
}

/** Reads the EMVCo objects of a tree into the normal form; `networks` names a template by its GUI. */
export function viewOf(tree: readonly DataObject[], networks: (gui: string) => string | undefined): EmvView {
  let mode: Mode = 'unspecified';
  const merchant: Record<string, string> = {};
  const money: Record<string, string> = {};
  const accounts: Account[] = [];
  const unreserved: Account[] = [];
  let additional: Record<string, string> | undefined;
  let language: Record<string, string> | undefined;
  for (const object of tree) {
    const id = object.id;
    if (id === '62') additional = namesOf(object, ADDITIONAL);
    else if (id === '64') language = namesOf(object, LANGUAGE);
    else if (id >= '80') unreserved.push(accountOf(object, networks));
    else if (id >= '02' && id <= '51') accounts.push(accountOf(object, networks));
    else if (id === '01') mode = lookUp(MODES, textOf(object)) ?? mode;
    else if (id > '51' && id < '62') setField(merchant, money, object);
  }
  return {
    mode,
    merchant,
    money,
    accounts,
    ...(additional && { additional }),
    ...(language && { language }),
    ...(unreserved.length > 0 && { unreserved }),
  };
}

/** A table by two digits; longer texts could name what every object inherits. */
export function lookUp<Value>(
  table: Readonly<Record<string, Value>>,
  text: string | undefined,
): Value | undefined {
  return text?.length === 2 ? table[text] : undefined;
}

/** Object id to where its text goes in the normal form. */
export const MERCHANT: Readonly<Record<string, keyof Merchant>> = {
  '52': 'category',
  '58': 'country',
  '59': 'name',
  '60': 'city',
  '61': 'postalCode',
};
/** Object id to where its text goes in the money of the normal form. */
export const MONEY: Readonly<Record<string, 'currency' | 'amount' | 'feeFixed' | 'feePercentage'>> = {
  '53': 'currency',
  '54': 'amount',
  '56': 'feeFixed',
  '57': 'feePercentage',
};

function setField(merchant: Record<string, string>, money: Record<string, string>, object: DataObject): void {
  const text = textOf(object);
  const merchantField = MERCHANT[object.id];
  if (merchantField) {
    merchant[merchantField] = text;
    return;
  }
  const moneyField = MONEY[object.id];
  if (moneyField) money[moneyField] = text;
  if (object.id === '53') {
    const alpha = findCurrencyAlpha(text);
    if (alpha) money.currencyAlpha = alpha;
  }
  const tip = object.id === '55' ? lookUp(TIPS, text) : undefined;
  if (tip) money.tip = tip;
}

function namesOf(
  object: DataObject,
  names: Readonly<Record<string, string>>,
): Record<string, string> | undefined {
  if (!('objects' in object)) return undefined;
  const fields: Record<string, string> = {};
  for (const inner of object.objects) fields[names[inner.id] ?? inner.id] = textOf(inner);
  return fields;
}

function accountOf(object: DataObject, networks: (gui: string) => string | undefined): Account {
  if (!('objects' in object)) {
    const network = networkOf(object.id);
    return network === undefined
      ? { id: object.id, value: object.value }
      : { network, id: object.id, value: object.value };
  }
  const gui = guiOf(object);
  const fields: Record<string, string> = {};
  for (const inner of object.objects) if (inner.id !== '00') fields[inner.id] = textOf(inner);
  if (gui === undefined) return { id: object.id, fields };
  const network = networks(gui);
  return network === undefined ? { id: object.id, gui, fields } : { network, id: object.id, gui, fields };
}

/** The text of a root object, for places that need just one. */
export function rootText(tree: readonly DataObject[], id: string): string | undefined {
  const object = findObject(tree, id);
  return object && textOf(object);
}
