import type { Account, AdditionalData, CodeMoney, Language, Merchant, Mode, Tip } from '../code.ts';
import { findCurrencyAlpha } from './currencies.ts';
import { type DataObject, findObject, idNumber, type TemplateObject } from './objects.ts';
import { guiOf, textOf } from './tree.ts';

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
  readonly additional?: AdditionalData | undefined;
  readonly language?: Language | undefined;
  readonly unreserved?: readonly Account[] | undefined;
}

type Editable<Type> = { -readonly [Name in keyof Type]: Type[Name] };

/** Whose template a GUI is, and how early its scheme is listed. */
export interface Owner {
  readonly gui: string;
  /** All GUIs of the template. */
  readonly guis: readonly string[];
  readonly network: string;
  readonly rank: number;
}

/** What is known of a payload's account and unreserved templates when all are read. */
export interface TemplatesMet {
  readonly additional: object | undefined;
  readonly unreserved: object | undefined;
  /** The one there is, when there is one only. */
  readonly only: TemplateObject | undefined;
  /** The GUIs a template of the scheme that owns the payload may have. */
  readonly guis: readonly string[] | undefined;
}

/** Real state: the normal form of a payload, filled object by object as they are read. */
export class ViewSink implements Editable<EmvView>, TemplatesMet {
  mode: Mode = 'unspecified';
  readonly merchant: Editable<Merchant> = {};
  readonly money: Editable<CodeMoney> = {};
  accounts: Account[] = [];
  additional: AdditionalData | undefined;
  language: Language | undefined;
  unreserved: Account[] | undefined;
  /** The lowest rank among the owners of the templates met. */
  rank = 1 / 0;
  only: TemplateObject | undefined;
  guis: readonly string[] | undefined;
  private count = 0;
  private readonly ownerOf: (gui: string) => Owner | undefined;

  constructor(ownerOf: (gui: string) => Owner | undefined) {
    this.ownerOf = ownerOf;
  }

  take(id: number, object: DataObject): void {
    if (id >= 2 && id < 52) {
      // Most codes have one: the first push makes room for seventeen.
      if (this.accounts.length === 0) this.accounts = [this.account(id, object)];
      else this.accounts.push(this.account(id, object));
    } else if (id >= 80) {
      this.unreserved ??= [];
      this.unreserved.push(this.account(id, object));
    } else if ('objects' in object) {
      if (id === 62) this.additional = namesOf(object.objects, ADDITIONAL);
      else this.language = namesOf(object.objects, LANGUAGE);
    } else if (id === 1) this.mode = modeOf(object.value);
    else if (id === 55) setTip(this.money, object.value);
    else if (id > 51 && id < 62) setField(this.merchant, this.money, id, object.value);
  }

  private account(number: number, object: DataObject): Account {
    const { id } = object;
    if (!('objects' in object)) {
      const network = networkOf(number);
      return network ? { network, id, value: object.value } : { id, value: object.value };
    }
    this.only = this.count++ === 0 ? object : undefined;
    const gui = guiOf(object);
    const fields = fieldsOf(object.objects);
    if (gui === undefined) return { id, fields };
    const owner = this.ownerOf(gui);
    if (!owner) return { id, gui, fields };
    if (owner.rank < this.rank) {
      this.rank = owner.rank;
      this.guis = owner.guis;
    }
    return { network: owner.network, id, gui, fields };
  }
}

/** Reads the EMVCo objects of a tree into the normal form. */
export function viewOf(tree: readonly DataObject[]): EmvView {
  const sink = new ViewSink(() => undefined);
  for (const object of tree) sink.take(idNumber(object.id), object);
  return sink;
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

/** A template's objects without its GUI. Most hold one or two more, and literals take a third of the time. */
function fieldsOf(objects: readonly DataObject[]): Record<string, string> {
  const count = objects.length;
  const second = objects[1];
  if (second?.id === '01' && objects[0]?.id === '00') {
    if (count === 2) return { '01': textOf(second) };
    const third = objects[2];
    if (count === 3 && third?.id === '02') return { '01': textOf(second), '02': textOf(third) };
  }
  const fields: Record<string, string> = {};
  for (const inner of objects) if (inner.id !== '00') fields[inner.id] = textOf(inner);
  return fields;
}

/** The text of a root object, for places that need just one. */
export function rootText(tree: readonly DataObject[], id: string): string | undefined {
  const object = findObject(tree, id);
  return object && textOf(object);
}
