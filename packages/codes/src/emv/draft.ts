import type { Account, CodeDraft } from '../code.ts';
import { CodeError } from '../error.ts';
import { findCurrencyNumber } from './currencies.ts';
import { type DataObject, writeObjects } from './objects.ts';
import { type EmvProfile, fieldNames, readFields, writeFields } from './profile.ts';
import { findText, withObject, withoutObject, withText } from './tree.ts';
import { ADDITIONAL, type EmvView, LANGUAGE, MERCHANT, MODES, MONEY, TIPS, viewOf } from './view.ts';

/**
 * The tree a draft describes: its own tree with every named field that says something else written over it.
 * A group the draft leaves out (`merchant`, `money`, `additional` ...) is not touched; a field left out of a
 * group it gives is taken away.
 */
export function treeOfDraft(draft: CodeDraft, profile: EmvProfile | undefined): readonly DataObject[] {
  const before = draft.tree ?? [];
  const current = viewOf(before, () => undefined);
  let tree = withDefaults(before, profile, draft);
  tree = withAccounts(tree, draft.accounts, current.accounts);
  tree = withAccounts(tree, draft.unreserved, current.unreserved ?? []);
  for (const [path, text] of changedTexts(draft, current)) tree = withText(tree, path, text);
  if (profile) tree = withSchemeFields(tree, profile, { draft, before });
  return withReference(tree, profile, { draft, before });
}

function withDefaults(
  tree: readonly DataObject[],
  profile: EmvProfile | undefined,
  draft: CodeDraft,
): readonly DataObject[] {
  if (tree.length > 0) return tree;
  let result = withText(tree, '00', profile?.version ?? '01');
  if (profile?.currency && !draft.money?.currency) result = withText(result, '53', profile.currency);
  if (profile?.country && !draft.merchant?.country) result = withText(result, '58', profile.country);
  return result;
}

function changedTexts(draft: CodeDraft, current: EmvView): Map<string, string | undefined> {
  const changes = new Map<string, string | undefined>();
  const { money, mode } = draft;
  const alpha = money?.currency ? undefined : money?.currencyAlpha;
  const currency = alpha && findCurrencyNumber(alpha);
  const groups: readonly Group[] = [
    ['', MERCHANT, draft.merchant, current.merchant],
    ['', MONEY, currency ? { ...money, currency } : money, current.money],
    ['62.', ADDITIONAL, draft.additional, current.additional],
    ['64.', LANGUAGE, draft.language, current.language],
    ['', { '01': 'mode' }, mode && { mode: keyOf(MODES, mode) }, { mode: keyOf(MODES, current.mode) }],
    ['', { '55': 'tip' }, money && { tip: keyOf(TIPS, money.tip) }, { tip: keyOf(TIPS, current.money.tip) }],
  ];
  for (const [prefix, names, wanted, had] of groups) {
    for (const name of wanted ? Object.keys({ ...wanted, ...had }) : []) {
      // Additional data of other ids stand under their digits.
      const id = keyOf(names, name) ?? (prefix && name);
      const text = (wanted as Texts)[name];
      if (id && text !== (had as Texts | undefined)?.[name]) changes.set(prefix + id, text);
    }
  }
  return changes;
}

/** Path prefix, id to name, what the draft says, what its tree says. */
type Group = readonly [string, Readonly<Record<string, string>>, object | undefined, object | undefined];

type Texts = Readonly<Record<string, string | undefined>>;

function keyOf(table: Readonly<Record<string, string>>, value: string | undefined): string | undefined {
  for (const key in table) if (table[key] === value) return key;
  return undefined;
}

function withAccounts(
  tree: readonly DataObject[],
  wanted: readonly Account[] | undefined,
  had: readonly Account[],
): readonly DataObject[] {
  if (!wanted) return tree;
  let result = tree;
  for (const account of had) {
    if (!wanted.some((other) => other.id === account.id)) result = withoutObject(result, account.id ?? '');
  }
  for (const account of wanted) {
    const same = had.find((other) => other.id === account.id);
    if (!same || !isSameAccount(same, account)) result = withObject(result, objectOfAccount(account));
  }
  return result;
}

function isSameAccount(one: Account, other: Account): boolean {
  return writeObjects([objectOfAccount(one)]) === writeObjects([objectOfAccount(other)]);
}

function objectOfAccount(account: Account): DataObject {
  const id = account.id;
  if (id === undefined) {
    throw new CodeError('QR_OBJECT_MALFORMED', 'an account of an EMVCo code needs an object id', {
      path: 'accounts',
    });
  }
  if (account.fields === undefined) return { id, value: account.value ?? '' };
  const ids = Object.keys(account.fields).sort();
  const objects = ids.map((inner) => ({ id: inner, value: account.fields?.[inner] ?? '' }));
  return {
    id,
    objects: account.gui === undefined ? objects : [{ id: '00', value: account.gui }, ...objects],
  };
}

interface Change {
  readonly draft: CodeDraft;
  readonly before: readonly DataObject[];
}

function withSchemeFields(
  tree: readonly DataObject[],
  profile: EmvProfile,
  change: Change,
): readonly DataObject[] {
  const data = change.draft.data;
  if (!data) return tree;
  const current = readFields(profile, change.before);
  const fields: Record<string, string | undefined> = {};
  for (const name of fieldNames(profile)) {
    const value = data[name];
    if (value !== undefined && typeof value !== 'string') {
      throw new CodeError('QR_OBJECT_FORMAT', `data.${name} is not a text`, { path: `data.${name}` });
    }
    fields[name] = value;
  }
  return writeFields(profile, tree, { fields, current });
}

function withReference(
  tree: readonly DataObject[],
  profile: EmvProfile | undefined,
  change: Change,
): readonly DataObject[] {
  const reference = change.draft.reference;
  if (reference === undefined || reference === referenceOf(change.before, profile)) return tree;
  const name = profile?.reference;
  if (!profile || name === undefined) return withText(tree, '62.05', reference);
  const current = readFields(profile, tree);
  return writeFields(profile, tree, { fields: { ...current, [name]: reference }, current });
}

/** The reference a tree carries, where its scheme keeps it. */
export function referenceOf(
  tree: readonly DataObject[],
  profile: EmvProfile | undefined,
): string | undefined {
  const name = profile?.reference;
  if (profile && name !== undefined) return readFields(profile, tree)[name];
  return findText(tree, '62.05');
}
