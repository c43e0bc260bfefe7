import type { Account, SchemeFields } from '../code.ts';
import { CodeError } from '../error.ts';
import { type DataObject, idNumber, type TemplateObject } from './objects.ts';
import {
  type EditableObject,
  findObject,
  findText,
  guiOf,
  objectsOf,
  putObject,
  putText,
  textOf,
} from './tree.ts';
import type { EmvView } from './view.ts';

/** One template a scheme uses, found by its GUI or, where the scheme has none, by its id alone. */
export interface ProfileTemplate {
  /** GUIs in the form they are written, the usual one first; compared without case. Empty: any. */
  readonly guis: readonly string[];
  /** The id to write, then the last id of the range it is looked for in. */
  readonly ids: readonly [string, string];
  /** Field name to sub-object path (`01`, or `01.00` one level deeper). */
  readonly fields: Readonly<Record<string, string>>;
  /** Accept the template only when this sub-object's text starts so. */
  readonly where?: readonly [string, string];
  /** Another scheme's template, read too when it is there: it does not tell this scheme. */
  readonly foreign?: true;
}

/** A national scheme as a table: how it is told apart and where its fields are. */
export interface EmvProfile {
  readonly scheme: string;
  readonly title: string;
  /** ISO 3166 alpha-2 and ISO 4217 numeric, written when a draft names none. */
  readonly country?: string;
  readonly currency?: string;
  readonly templates: readonly ProfileTemplate[];
  /** Fields at fixed paths of the payload (`62.05`). */
  readonly paths?: Readonly<Record<string, string>>;
  /** The field that is the payment's reference; 62.05 when not said. */
  readonly reference?: string;
  /** How the scheme is told apart when a GUI is not enough; asked for codes of its country only. */
  readonly match?: (tree: readonly DataObject[]) => boolean;
  /** Facts that follow from the fields; read only. */
  readonly derive?: (fields: ProfileFields, tree: readonly DataObject[]) => object;
  /** The instant the fields say the code ends. */
  readonly expiry?: (fields: ProfileFields) => Date | undefined;
  /** EMVCo mandatory objects the scheme leaves out, and templates it uses without a GUI. */
  readonly optional?: readonly string[];
  /** What object 00 holds; `01` when not said. */
  readonly version?: string;
  /** Currencies whose amounts have fewer decimals here than in ISO 4217. */
  readonly exponents?: Readonly<Record<string, number>>;
}

/** A profile's fields by name. */
export type ProfileFields = Readonly<Record<string, string | undefined>>;

/** The names of a profile's fields, as a type. */
export type FieldsOf<Profile extends EmvProfile> = {
  readonly [Name in KeyOfAny<Profile['templates'][number]['fields']> | KeyOfAny<Profile['paths']>]?: string;
};

type KeyOfAny<Union> = Union extends object ? keyof Union & string : never;

/** Finds the payload object that is this template. */
export function findTemplate(
  tree: readonly DataObject[],
  template: ProfileTemplate,
): TemplateObject | undefined {
  const { guis, ids, where } = template;
  const first = idNumber(ids[0]);
  const last = idNumber(ids[1]);
  for (const object of tree) {
    if (!('objects' in object)) continue;
    const id = idNumber(object.id);
    if (id < first || id > last) continue;
    if (guis.length > 0 && !isOneOf(guis, guiOf(object))) continue;
    if (where && !findText(object.objects, where[0])?.startsWith(where[1])) continue;
    return object;
  }
  return undefined;
}

function isOneOf(guis: readonly string[], gui: string | undefined): boolean {
  if (gui === undefined) return false;
  for (const other of guis) if (other === gui) return true;
  const lower = gui.toLowerCase();
  return guis.some((other) => other.toLowerCase() === lower);
}

/** A field and where it is: an object's id, and the path inside its value for fields one level deeper. */
interface FieldRow {
  readonly name: string;
  readonly path: string;
  readonly rest: string;
  /** The template the path starts in; none when it starts in the payload. */
  readonly template: ProfileTemplate | undefined;
  /** Whether a row before this has the same name. */
  readonly isRepeated: boolean;
}

type RowsById = ReadonlyMap<string, readonly FieldRow[]>;

/** A profile's tables, ready to be looked up: they are used for each payload. */
interface Rows {
  readonly templates: readonly { readonly template: ProfileTemplate; readonly byId: RowsById }[];
  readonly paths: RowsById;
  readonly byName: ReadonlyMap<string, readonly FieldRow[]>;
}

const rowsByProfile = /* @__PURE__ */ new WeakMap<EmvProfile, Rows>();

function rowsOf(profile: EmvProfile): Rows {
  const known = rowsByProfile.get(profile);
  if (known) return known;
  const byName = new Map<string, FieldRow[]>();
  const rowsIn = (fields: Readonly<Record<string, string>>, template?: ProfileTemplate): RowsById => {
    const byId = new Map<string, FieldRow[]>();
    for (const [name, path] of Object.entries(fields)) {
      const row = { name, path, rest: path.slice(3), template, isRepeated: byName.has(name) };
      append(byId, path.slice(0, 2), row);
      append(byName, name, row);
    }
    return byId;
  };
  const templates = profile.templates.map((template) => ({
    template,
    byId: rowsIn(template.fields, template),
  }));
  const rows = { templates, paths: rowsIn(profile.paths ?? {}), byName };
  rowsByProfile.set(profile, rows);
  return rows;
}

function append(lists: Map<string, FieldRow[]>, key: string, row: FieldRow): void {
  const list = lists.get(key);
  if (list) list.push(row);
  else lists.set(key, [row]);
}

/** Reads a profile's fields out of a tree; the first template that has a field wins. */
export function readFields(profile: EmvProfile, tree: readonly DataObject[]): Record<string, string> {
  const fields: Record<string, string> = {};
  const rows = rowsOf(profile);
  for (const { template, byId } of rows.templates) {
    const object = findTemplate(tree, template);
    if (object) readRows(byId, object.objects, fields);
  }
  if (rows.paths.size > 0) readRows(rows.paths, tree, fields);
  return fields;
}

function readRows(byId: RowsById, objects: readonly DataObject[], into: Record<string, string>): void {
  for (const object of objects) {
    const rows = byId.get(object.id);
    if (!rows) continue;
    let inner: readonly DataObject[] | undefined;
    for (const row of rows) {
      if (row.isRepeated && row.name in into) continue;
      if (row.rest !== '') inner ??= objectsOf(object);
      const text = inner && row.rest !== '' ? findText(inner, row.rest) : textOf(object);
      if (text !== undefined) into[row.name] = text;
    }
  }
}

/**
 * Writes the fields that differ from `current`, when there is one, in their places.
 *
 * @throws CodeError QR_OBJECT_FORMAT when a field is not a text
 */
export function writeFields(
  profile: EmvProfile,
  tree: EditableObject[],
  change: { readonly fields: SchemeFields; readonly current: ProfileFields | undefined },
): void {
  const { fields, current } = change;
  const { byName } = rowsOf(profile);
  let template: ProfileTemplate | undefined;
  let objects: EditableObject[] | undefined;
  for (const name in current ? { ...fields, ...current } : fields) {
    const rows = byName.get(name);
    const value = fields[name];
    if (!rows || value === current?.[name]) continue;
    const text = textField(value, name);
    const row = rows.length > 1 ? rowFor(rows, tree, fields) : rows[0];
    // Fields of one template mostly follow each other: it is looked for once.
    if (row?.template && row.template !== template) {
      template = row.template;
      objects = objectsFor(tree, template, text);
    }
    const level = row?.template ? objects : tree;
    if (row && level) putText(level, row.path, text);
  }
}

function textField(value: unknown, name: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw new CodeError('QR_OBJECT_FORMAT', `data.${name} is not a text`, { path: `data.${name}` });
}

/** Where a field goes: into the template that is there already, else the one that takes most fields. */
function rowFor(
  rows: readonly FieldRow[],
  tree: readonly DataObject[],
  fields: SchemeFields,
): FieldRow | undefined {
  let best: FieldRow | undefined;
  let most = -1;
  for (const row of rows) {
    if (!row.template || findTemplate(tree, row.template)) return row;
    let count = 0;
    for (const name in fields) {
      if (fields[name] !== undefined && name in row.template.fields) count++;
    }
    if (count > most) [best, most] = [row, count];
  }
  return best;
}

/** The objects of a template; a new one is made for a text to be put there. */
function objectsFor(
  tree: EditableObject[],
  template: ProfileTemplate,
  text: string | undefined,
): EditableObject[] | undefined {
  const found = findTemplate(tree, template);
  if (found) return found.objects as EditableObject[];
  if (text === undefined) return undefined;
  const gui = template.guis[0];
  const objects: EditableObject[] = gui === undefined ? [] : [{ id: '00', value: gui }];
  putObject(tree, { id: freeId(tree, template), objects });
  return objects;
}

function freeId(tree: readonly DataObject[], template: ProfileTemplate): string {
  const [first, last] = template.ids;
  if (!findObject(tree, first)) return first;
  for (let id = Number(first); id <= Number(last); id++) {
    const name = String(id).padStart(2, '0');
    if (!findObject(tree, name)) return name;
  }
  return first;
}

/** Tells schemes apart. */
export interface Detector {
  /** The scheme a GUI belongs to. */
  readonly networkOf: (gui: string) => string | undefined;
  /** The profile of a payload: by GUI first, in the order of the list, then by the profiles' own tests. */
  readonly profileOf: (view: EmvView, tree: readonly DataObject[]) => EmvProfile | undefined;
}

/** Makes the detector of a list of profiles; the first to have a GUI owns it. */
export function createDetector(profiles: readonly EmvProfile[]): Detector {
  const owners = new Map<string, string>();
  const ranks = new Map<string, number>();
  for (const [rank, profile] of profiles.entries()) {
    ranks.set(profile.scheme, rank);
    for (const gui of profile.templates.flatMap((template) => (template.foreign ? [] : template.guis))) {
      for (const text of [gui, gui.toLowerCase()]) {
        if (!owners.has(text)) owners.set(text, profile.scheme);
      }
    }
  }
  const rankOf = ({ gui, network }: Account): number =>
    (gui === undefined ? undefined : ranks.get(network ?? '')) ?? profiles.length;
  const matching = profiles.filter((profile) => profile.match);
  return {
    networkOf: (gui) => owners.get(gui) ?? owners.get(gui.toLowerCase()),
    profileOf: ({ accounts, unreserved, merchant }, tree) => {
      let best = profiles.length;
      for (const account of accounts) best = Math.min(best, rankOf(account));
      if (unreserved) for (const account of unreserved) best = Math.min(best, rankOf(account));
      if (best < profiles.length) return profiles[best];
      for (const profile of matching) {
        if (profile.country !== undefined && profile.country !== merchant.country) continue;
        if (profile.match?.(tree)) return profile;
      }
      return undefined;
    },
  };
}

/** The GUIs of a payload's merchant account templates, as printed. */
export function guisOf(tree: readonly DataObject[]): string[] {
  const accounts = tree.filter((object) => object.id >= '26' && object.id <= '51');
  return accounts.map(guiOf).filter((gui) => gui !== undefined);
}
