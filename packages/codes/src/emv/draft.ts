import type { Account, CodeDraft } from '../code.ts';
import { CodeError } from '../error.ts';
import { findCurrencyNumber } from './currencies.ts';
import type { DataObject } from './objects.ts';
import { type EmvProfile, readFields, writeFields } from './profile.ts';
import { dropObject, type EditableObject, editableCopy, findText, putObject, putText } from './tree.ts';
import { ADDITIONAL, type EmvView, LANGUAGE, MERCHANT, MODES, MONEY, TIPS, viewOf } from './view.ts';

const MODE_IDS: ReadonlyMap<string, string> = /* @__PURE__ */ new Map(invert(MODES));
const TIP_IDS: ReadonlyMap<string, string> = /* @__PURE__ */ new Map(invert(TIPS));
const EMPTY: EmvView = { mode: 'unspecified', merchant: {}, money: {}, accounts: [] };

/**
 * The tree a draft describes: its own tree with every named field that says something else written over it.
 * A group the draft leaves out (`merchant`, `money`, `additional` ...) is not touched; a field left out of a
 * group it gives is taken away.
 */
export function treeOfDraft(draft: CodeDraft, profile: EmvProfile | undefined): readonly DataObject[] {
  const before = draft.tree ?? [];
  const isFresh = before.length === 0;
  const current = isFresh ? EMPTY : viewOf(before, () => undefined);
  const tree = isFresh ? defaults(profile, draft) : editableCopy(before);
  if (draft.accounts) putAccounts(tree, draft.accounts, current.accounts);
  putSchemeFields(tree, profile, { draft, before });
  putTexts(tree, draft, current);
  if (draft.unreserved) putAccounts(tree, draft.unreserved, current.unreserved ?? []);
  putReference(tree, profile, { draft, before });
  return tree;
}

function defaults(profile: EmvProfile | undefined, draft: CodeDraft): EditableObject[] {
  const tree: EditableObject[] = [{ id: '00', value: profile?.version ?? '01' }];
  if (profile?.currency && !draft.money?.currency) tree.push({ id: '53', value: profile.currency });
  if (profile?.country && !draft.merchant?.country) tree.push({ id: '58', value: profile.country });
  return tree;
}

/** Writes over what the groups of the normal form say otherwise than the tree. */
function putTexts(tree: EditableObject[], draft: CodeDraft, current: EmvView): void {
  const { mode, merchant, money, additional, language } = draft;
  if (mode && mode !== current.mode) putText(tree, '01', MODE_IDS.get(mode));
  if (merchant) putGroup(tree, MERCHANT_PLACES, merchant, current.merchant);
  if (money) {
    const alpha = money.currency ? undefined : money.currencyAlpha;
    const currency = alpha && findCurrencyNumber(alpha);
    putGroup(tree, MONEY_PLACES, currency ? { ...money, currency } : money, current.money);
    if (money.tip !== current.money.tip) putText(tree, '55', money.tip && TIP_IDS.get(money.tip));
  }
  if (additional) putGroup(tree, ADDITIONAL_PLACES, additional, current.additional);
  if (language) putGroup(tree, LANGUAGE_PLACES, language, current.language);
}

type Texts = Readonly<Record<string, string | undefined>>;

/** Where the names of a group are: name to path, and what to put before a name that is an id itself. */
interface Places {
  readonly paths: ReadonlyMap<string, string>;
  readonly prefix: string;
}

const MERCHANT_PLACES = /* @__PURE__ */ placesOf('', MERCHANT);
const MONEY_PLACES = /* @__PURE__ */ placesOf('', MONEY);
const ADDITIONAL_PLACES = /* @__PURE__ */ placesOf('62.', ADDITIONAL);
const LANGUAGE_PLACES = /* @__PURE__ */ placesOf('64.', LANGUAGE);

function placesOf(prefix: string, names: Readonly<Record<string, string>>): Places {
  return { paths: new Map(invert(names).map(([name, id]) => [name, prefix + id])), prefix };
}

function invert(table: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(table).map(([id, name]) => [name, id]);
}

function putGroup(tree: EditableObject[], places: Places, wanted: object, had: object | undefined): void {
  for (const name in had ? { ...wanted, ...had } : wanted) {
    const text = (wanted as Texts)[name];
    if (text === (had as Texts | undefined)?.[name]) continue;
    // Additional data of other ids stand under their digits.
    const path = places.paths.get(name) ?? (places.prefix && places.prefix + name);
    if (path) putText(tree, path, text);
  }
}

function putAccounts(tree: EditableObject[], wanted: readonly Account[], had: readonly Account[]): void {
  for (const account of had) {
    if (!wanted.some((other) => other.id === account.id)) dropObject(tree, account.id ?? '');
  }
  for (const account of wanted) {
    const same = had.find((other) => other.id === account.id);
    if (!same || !isSameAccount(same, account)) putObject(tree, objectOfAccount(account));
  }
}

function isSameAccount(one: Account, other: Account): boolean {
  if (one.value !== other.value || one.gui !== other.gui || !one.fields !== !other.fields) return false;
  for (const id in { ...one.fields, ...other.fields }) {
    if (one.fields?.[id] !== other.fields?.[id]) return false;
  }
  return true;
}

function objectOfAccount(account: Account): EditableObject {
  const { id, gui, value, fields } = account;
  if (id === undefined) {
    throw new CodeError('QR_OBJECT_MALFORMED', 'an EMVCo account needs an object id', { path: 'accounts' });
  }
  if (fields === undefined) return { id, value: value ?? '' };
  const objects: EditableObject[] = gui === undefined ? [] : [{ id: '00', value: gui }];
  for (const inner of Object.keys(fields).sort()) objects.push({ id: inner, value: fields[inner] ?? '' });
  return { id, objects };
}

interface Change {
  readonly draft: CodeDraft;
  readonly before: readonly DataObject[];
}

function putSchemeFields(tree: EditableObject[], profile: EmvProfile | undefined, change: Change): void {
  const fields = change.draft.data;
  if (!fields || !profile) return;
  const current = change.before.length > 0 ? readFields(profile, change.before) : undefined;
  writeFields(profile, tree, { fields, current });
}

function putReference(tree: EditableObject[], profile: EmvProfile | undefined, change: Change): void {
  const { draft, before } = change;
  const { reference } = draft;
  if (reference === undefined || reference === referenceOf(before, profile)) return;
  const name = profile?.reference;
  if (!profile || name === undefined) {
    putText(tree, '62.05', reference);
    return;
  }
  const current = readFields(profile, tree);
  writeFields(profile, tree, { fields: { ...current, [name]: reference }, current });
}

/** The reference a tree carries, where its scheme keeps it. */
function referenceOf(tree: readonly DataObject[], profile: EmvProfile | undefined): string | undefined {
  const name = profile?.reference;
  if (profile && name !== undefined) return readFields(profile, tree)[name];
  return findText(tree, '62.05');
}
