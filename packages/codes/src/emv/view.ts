import type { Account, AdditionalData, CodeMoney, Language, Merchant, Mode, Tip } from '../code.ts';
import { findCurrencyAlpha } from './currencies.ts';
import { type DataObject, idNumber } from './objects.ts';
import { findObject, guiOf, textOf } from './tree.ts';

/** Object 01 to the mode it stands for. */
export const MODES: Readonly<Record<string, Mode>> = { '11': 'static', '12': 'dynamic' };
/** Object 55 to the tip rule it stands for. */
export const TIPS: Readonly<Record<string, Tip>> = { '01': 'prompt', '02': 'fixed', '03': 'percentage' };
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
/**
 * Networks of the primitive account ids 02-16, two ids each (EMVCo MPM, table of object ids); 06-08 are
 * none's.
 */
const NETWORKS = ['visa', 'mastercard', '', 'discover', 'amex', 'jcb', 'unionpay'];

function networkOf(id: number): string | undefined {
  // 06 to 08 are three ids, so what follows is shifted by one.
  if (id >= 6 && id <= 8) return undefined;
  return NETWORKS[id < 6 ? (id >> 1) - 1 : (id - 3) >> 1];
}

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

type Editable<Type> = { -readonly [Name in keyof Type]: Type[Name] };

/** Reads the EMVCo objects of a tree into the normal form; `networks` names a template by its GUI. */
export function viewOf(tree: readonly DataObject[], networks: (gui: string) => string | undefined): EmvView {
  const merchant: Editable<Merchant> = {};
  const money: Editable<CodeMoney> = {};
  const accounts: Account[] = [];
  const view: Editable<EmvView> = { mode: 'unspecified', merchant, money, accounts };
  for (const object of tree) {
    const id = idNumber(object.id);
    if (id >= 2 && id < 52) accounts.push(accountOf(object, networks));
    else if (id >= 80) {
      view.unreserved = [...(view.unreserved ?? []), accountOf(object, networks)];
    } else if ('objects' in object) {
      if (id === 62) view.additional = namesOf(object.objects, ADDITIONAL);
      else view.language = namesOf(object.objects, LANGUAGE);
    } else if (id === 1) view.mode = modeOf(object.value);
    else if (id === 55) setTip(money, object.value);
    else if (id > 51 && id < 62) setField(merchant, money, id, object.value);
  }
  return view;
}

function setTip(money: Editable<CodeMoney>, text: string): void {
  const tip = lookUp(TIPS, text);
  if (tip) money.tip = tip;
}

function modeOf(text: string): Mode {
  return text === '11' ? 'static' : text === '12' ? 'dynamic' : 'unspecified';
}

/** The tables above once more, as the branches that every payload goes through. */
function setField(merchant: Editable<Merchant>, money: Editable<CodeMoney>, id: number, text: string): void {
  if (id === 52) merchant.category = text;
  else if (id === 53) setCurrency(money, text);
  else if (id === 54) money.amount = text;
  else if (id === 56) money.feeFixed = text;
  else if (id === 57) money.feePercentage = text;
  else if (id === 58) merchant.country = text;
  else if (id === 59) merchant.name = text;
  else if (id === 60) merchant.city = text;
  else if (id === 61) merchant.postalCode = text;
}

function setCurrency(money: Editable<CodeMoney>, text: string): void {
  money.currency = text;
  const alpha = findCurrencyAlpha(text);
  if (alpha) money.currencyAlpha = alpha;
}

/** A table by two digits; longer texts could name what every object inherits. */
export function lookUp<Value>(
  table: Readonly<Record<string, Value>>,
  text: string | undefined,
): Value | undefined {
  return text?.length === 2 ? table[text] : undefined;
}

function namesOf(
  objects: readonly DataObject[],
  names: Readonly<Record<string, string>>,
): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const inner of objects) fields[names[inner.id] ?? inner.id] = textOf(inner);
  return fields;
}

function accountOf(object: DataObject, networks: (gui: string) => string | undefined): Account {
  const { id } = object;
  if (!('objects' in object)) {
    const network = networkOf(idNumber(id));
    return network ? { network, id, value: object.value } : { id, value: object.value };
  }
  const gui = guiOf(object);
  const fields: Record<string, string> = {};
  for (const inner of object.objects) if (inner.id !== '00') fields[inner.id] = textOf(inner);
  if (gui === undefined) return { id, fields };
  const network = networks(gui);
  return network === undefined ? { id, gui, fields } : { network, id, gui, fields };
}

/** The text of a root object, for places that need just one. */
export function rootText(tree: readonly DataObject[], id: string): string | undefined {
  const object = findObject(tree, id);
  return object && textOf(object);
}
