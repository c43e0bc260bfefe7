import type { Account, CodeDraft } from '../code.ts';
import { CodeError } from '../error.ts';
import { findCurrencyNumber } from './currencies.ts';
import type { DataObject } from './objects.ts';
import { type EmvProfile, readFields, readyOf, writeFields } from './profile.ts';
import { dropObject, type EditableObject, editableCopy, findText, putObject, putText } from './tree.ts';
import { ADDITIONAL, type EmvView, LANGUAGE, MERCHANT, MODES, MONEY, TIPS, viewOf } from './view.ts';

/**
 * The tree a draft describes: its own tree with every named field that says something else written over it.
 * A group the draft leaves out (`merchant`, `money`, `additional` ...) is not touched; a field left out of a
 * group it gives is taken away.
 */
export function treeOfDraft(draft: CodeDraft, profile: EmvProfile | undefined): readonly DataObject[] {
  const before = draft.tree ?? [];
  const current = viewOf(before);
  const tree = before.length > 0 ? editableCopy(before) : defaults(profile, draft);
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
  if (mode && mode !== current.mode) putText(tree, '01', idOf(MODES, mode));
  if (merchant) putGroup(tree, { names: MERCHANT, prefix: '' }, { wanted: merchant, had: current.merchant });
  if (money) {
    const alpha = money.currency ? undefined : money.currencyAlpha;
    const currency = alpha && findCurrencyNumber(alpha);
    const wanted = currency ? { ...money, currency } : money;
    putGroup(tree, { names: MONEY, prefix: '' }, { wanted, had: current.money });
    if (money.tip !== current.money.tip) putText(tree, '55', money.tip && idOf(TIPS, money.tip));
  }
  if (additional) {
    putGroup(tree, { names: ADDITIONAL, prefix: '62.' }, { wanted: additional, had: current.additional });
  }
  if (language)
    putGroup(tree, { names: LANGUAGE, prefix: '64.' }, { wanted: language, had: current.language });
}

type Texts = Readonly<Record<string, string | undefined>>;

/**
 * Writes the texts of a group under their names' ids; additional data of other ids stand under their digits.
 */
function putGroup(
  tree: EditableObject[],
  { names, prefix }: { readonly names: Texts; readonly prefix: string },
  { wanted, had }: { readonly wanted: object; readonly had: object | undefined },
): void {
  for (const name in { ...wanted, ...had }) {
    const text = (wanted as Texts)[name];
    if (text === (had as Texts | undefined)?.[name]) continue;
    const id = idOf(names, name) ?? (prefix && name);
    if (id) putText(tree, prefix + id, text);
  }
}

/** The id a table has under a name. */
function idOf(names: Texts, name: string | undefined): string | undefined {
  return Object.keys(names).find((id) => names[id] === name);
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
  const texts = ({ value, gui, fields }: Account): unknown[] => [
    value,
    gui,
    fields && Object.entries(fields).sort(),
  ];
  return JSON.stringify(texts(one)) === JSON.stringify(texts(other));
}

function objectOfAccount(account: Account): EditableObject {
  const { id, gui, value, fields } = account;
  if (id === undefined) {
    throw new CodeError('QR_OBJECT_MALFORMED', 'an account needs an id', { path: 'accounts' });
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
  const current = change.before.length > 0 ? readFields(readyOf(profile), change.before) : undefined;
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
  const current = readFields(readyOf(profile), tree);
  writeFields(profile, tree, { fields: { ...current, [name]: reference }, current });
}

/** The reference a tree carries, where its scheme keeps it. */
function referenceOf(tree: readonly DataObject[], profile: EmvProfile | undefined): string | undefined {
  const name = profile?.reference;
  if (profile && name !== undefined) return readFields(readyOf(profile), tree)[name];
  return findText(tree, '62.05');
}
