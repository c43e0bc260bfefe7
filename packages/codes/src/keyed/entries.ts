import type { CodeDraft, CodeMoney, Merchant } from '../code.ts';
import type { PrimitiveObject } from '../emv/objects.ts';
import { CodeError } from '../error.ts';

/** One row: where a parameter's text goes in the normal form (`merchant.name`, `data.vpa`, `reference`). */
export type KeyTable = Readonly<Record<string, string>>;

/** How one scheme writes a value into its parameter and reads it back. */
export interface KeyCodec {
  /** Parameter name to place; names are compared without case. */
  readonly keys: KeyTable;
  readonly read: (text: string, key: string) => string;
  readonly write: (text: string) => string;
}

/** The parts of the normal form that parameters fill. */
export interface KeyedFields {
  readonly merchant: Merchant;
  readonly money: CodeMoney;
  readonly reference?: string;
  readonly data: Record<string, string>;
}

/**
 * Splits `key=value` parts into raw entries.
 *
 * @throws CodeError QR_OBJECT_DUPLICATE, QR_OBJECT_MALFORMED
 */
export function splitEntries(
  text: string,
  marks: { readonly part: string; readonly is: string },
): PrimitiveObject[] {
  const entries: PrimitiveObject[] = [];
  const seen = new Set<string>();
  for (const part of text.split(marks.part)) {
    if (part === '') continue;
    const at = part.indexOf(marks.is);
    const id = at < 0 ? part : part.slice(0, at);
    if (id === '') throw new CodeError('QR_OBJECT_MALFORMED', 'a parameter has no name');
    if (seen.has(id.toLowerCase())) {
      throw new CodeError('QR_OBJECT_DUPLICATE', 'a parameter occurs twice', { path: id });
    }
    seen.add(id.toLowerCase());
    entries.push({ id, value: at < 0 ? '' : part.slice(at + marks.is.length) });
  }
  return entries;
}

/** Reads entries into the normal form by the table; what the table does not name stays in the tree only. */
export function fieldsOfEntries(entries: readonly PrimitiveObject[], codec: KeyCodec): KeyedFields {
  const groups: Record<string, Record<string, string>> = { merchant: {}, money: {}, data: {}, '': {} };
  for (const entry of entries) {
    const place = placeOf(codec, entry.id);
    if (place === undefined) continue;
    const [group, name] = splitPlace(place);
    const target = groups[group];
    if (target) target[name] = codec.read(entry.value, entry.id);
  }
  const { merchant = {}, money = {}, data = {}, '': top } = groups;
  return { merchant, money, data, ...top };
}

/**
 * The entries of a draft: its tree's, each replaced by what the draft says at that place and otherwise kept
 * to the
 * letter; then what the tree lacks, in the order of the table.
 */
export function entriesOfDraft(draft: CodeDraft, codec: KeyCodec): PrimitiveObject[] {
  const entries: PrimitiveObject[] = [];
  const written = new Set<string>();
  for (const entry of draft.tree ?? []) {
    if (!('value' in entry)) continue;
    const place = placeOf(codec, entry.id);
    const wanted = place === undefined ? undefined : textAt(draft, place);
    if (place !== undefined) written.add(place);
    if (place === undefined || wanted === undefined) {
      entries.push(entry);
    } else if (wanted.text !== undefined) {
      const same = codec.read(entry.value, entry.id) === wanted.text;
      entries.push(same ? entry : { id: entry.id, value: codec.write(wanted.text) });
    }
  }
  for (const [id, place] of Object.entries(codec.keys)) {
    const text = written.has(place) ? undefined : textAt(draft, place)?.text;
    if (text === undefined) continue;
    written.add(place);
    entries.push({ id, value: codec.write(text) });
  }
  return entries;
}

function placeOf(codec: KeyCodec, id: string): string | undefined {
  const key = id.toLowerCase();
  return Object.hasOwn(codec.keys, key) ? codec.keys[key] : undefined;
}

/** What a draft says at a place; undefined when it does not give the group at all. */
function textAt(draft: CodeDraft, place: string): { readonly text: string | undefined } | undefined {
  const [group, name] = splitPlace(place);
  const source = group === '' ? draft : draft[group as 'merchant' | 'money' | 'data'];
  const value = (source as Readonly<Record<string, unknown>> | undefined)?.[name];
  if (source === undefined || (group === '' && value === undefined)) return undefined;
  if (value !== undefined && typeof value !== 'string') {
    throw new CodeError('QR_OBJECT_FORMAT', `${place} is not a text`, { path: place });
  }
  return { text: value };
}

function splitPlace(place: string): readonly [string, string] {
  const at = place.indexOf('.');
  return at < 0 ? ['', place] : [place.slice(0, at), place.slice(at + 1)];
}

/** The text at a place of the entries, as it is printed. */
export function rawEntry(entries: readonly PrimitiveObject[], key: string): string | undefined {
  return entries.find((entry) => entry.id.toLowerCase() === key)?.value;
}

/** The money of a code that prints a currency by its letters. */
export function moneyInLetters(
  amount: string | undefined,
  alpha: string | undefined,
  findNumber: (alpha: string) => string | undefined,
): CodeMoney {
  const currency = alpha && findNumber(alpha);
  return {
    ...(amount !== undefined && { amount }),
    ...(currency && { currency }),
    ...(alpha && { currencyAlpha: alpha }),
  };
}
