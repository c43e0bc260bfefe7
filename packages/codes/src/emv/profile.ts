import type { SchemeFields } from '../code.ts';
import { CodeError } from '../error.ts';
import { type DataObject, findObject, firstId, ids, type TemplateObject } from './objects.ts';
import { type EditableObject, findText, guiOf, objectsOf, putObject, putText, textOf } from './tree.ts';
import type { Owner, TemplatesMet, ViewSink } from './view.ts';

/** One template a scheme uses, found by its GUI or, where the scheme has none, by its id alone. */
export interface ProfileTemplate {
  /** GUIs in the form they are written, the usual one first; compared without case. Empty: any. */
  readonly guis: readonly string[];
  /** The id to write, then the last id of the range it is looked for in. */
  readonly ids: readonly [string, string];
  /** Field name to sub-object path (`01`, or `01.00` one level deeper). */
  readonly fields: Readonly<Record<string, string>>;
  /** Accept the template only when this sub-object's text starts so. */
  readonly where?: readonly [string, string] | undefined;
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
  /** Adds the facts that follow from the fields; read only. */
  readonly derive?: (fields: DerivedFields, tree: readonly DataObject[]) => void;
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

/** A profile's fields while what follows from them is added: texts, and facts of other kinds. */
export type DerivedFields = Record<string, unknown>;

/** The names of a profile's fields, as a type. */
export type FieldsOf<Profile extends EmvProfile> = {
  readonly [Name in KeyOfAny<Profile['templates'][number]['fields']> | KeyOfAny<Profile['paths']>]?: string;
};

type KeyOfAny<Union> = Union extends object ? keyof Union & string : never;

/** Finds the payload object that is this template. */
export function findTemplate(tree: readonly DataObject[], template: Sought): TemplateObject | undefined {
  for (const object of tree) if ('objects' in object && isTemplate(object, template)) return object;
  return undefined;
}

/** What tells a template, its range of ids as numbers. */
type Sought = Pick<ProfileTemplate, 'guis' | 'where'> & { readonly first: number; readonly last: number };

function isTemplate(object: TemplateObject, template: Sought): boolean {
  const { guis, where } = template;
  if (!isInRange(template, +object.id)) return false;
  if (guis.length > 0 && !isOneOf(guis, guiOf(object))) return false;
  return !where || findText(object.objects, where[0])?.startsWith(where[1]) === true;
}

function isInRange({ first, last }: Sought, id: number): boolean {
  return id >= first && id <= last;
}

function isOneOf(guis: readonly string[], gui: string | undefined): boolean {
  if (gui === undefined) return false;
  for (const other of guis) if (other === gui) return true;
  const lower = gui.toLowerCase();
  return guis.some((other) => other.toLowerCase() === lower);
}

/** A field and where it is: an object's id, and the path inside its value for fields one level deeper. */
export interface FieldRow {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly rest: string;
  /** The template the path starts in; none when it starts in the payload. */
  readonly template: TemplateRows | undefined;
  /** Whether a row before this has the same name. */
  readonly isRepeated: boolean;
}

/** A template beside what a look-up would work out each time. */
export interface TemplateRows extends ProfileTemplate {
  /** The range of ids as numbers. */
  readonly first: number;
  readonly last: number;
  readonly rows: readonly FieldRow[];
}

/** A profile and its tables, ready to be looked up: they are used for each payload. */
export interface ReadyProfile {
  readonly profile: EmvProfile;
  readonly scheme: string;
  readonly reference: string | undefined;
  readonly templates: readonly TemplateRows[];
  readonly paths: readonly FieldRow[];
  /** Whether all paths are inside 62 and 80-99. */
  readonly isDeep: boolean;
  readonly byName: ReadonlyMap<string, readonly FieldRow[]>;
}

const readyProfiles = /* @__PURE__ */ new WeakMap<EmvProfile, ReadyProfile>();

/** The tables of a profile. */
export function readyOf(profile: EmvProfile): ReadyProfile {
  const known = readyProfiles.get(profile);
  if (known) return known;
  const byName = new Map<string, FieldRow[]>();
  const rowsIn = (fields: Readonly<Record<string, string>>, template?: TemplateRows): FieldRow[] =>
    Object.entries(fields).map(([name, path]) => {
      const rows = byName.get(name) ?? [];
      const isRepeated = rows.length > 0;
      const row = { name, path, id: firstId(path), rest: firstId(path.slice(3)), template, isRepeated };
      byName.set(name, [...rows, row]);
      return row;
    });
  const templates = profile.templates.map((template) => {
    const rows: FieldRow[] = [];
    const { guis, ids, fields, where } = template;
    const ready = { guis, ids, fields, rows, where, first: +ids[0], last: +ids[1] };
    rows.push(...rowsIn(fields, ready));
    return ready;
  });
  const { scheme, reference } = profile;
  const paths = rowsIn(profile.paths ?? {});
  const isDeep = paths.every(({ id }) => id > '61');
  const ready = { profile, scheme, reference, templates, paths, isDeep, byName };
  readyProfiles.set(profile, ready);
  return ready;
}

/** Reads a profile's fields out of a tree; the first template that has a field wins. */
export function readFields(
  { templates, paths, isDeep }: ReadyProfile,
  tree: readonly DataObject[],
  met?: TemplatesMet,
): Record<string, string> {
  const fields: Record<string, string> = {};
  const only = met?.only;
  for (const template of templates) {
    // Comparing GUIs again would cost as much as the fields.
    const isOurs = only && met?.guis === template.guis && isInRange(template, +only.id);
    const object = isOurs ? only : findTemplate(only ? [only] : tree, template);
    if (object) readRows(template.rows, object.objects, fields);
  }
  const isBare = met && !met.additional && !met.unreserved && isDeep;
  if (!isBare) readRows(paths, tree, fields);
  return fields;
}

function readRows(
  rows: readonly FieldRow[],
  objects: readonly DataObject[],
  into: Record<string, string>,
): void {
  let opened: DataObject | undefined;
  let inner: readonly DataObject[] = [];
  for (const row of rows) {
    // From behind, as most paths are in 62; here, as ids just read are compared by address.
    let object: DataObject | undefined;
    for (let at = objects.length - 1; at >= 0 && !object; at--) {
      if (objects[at]?.id === row.id) object = objects[at];
    }
    if (!object || (row.isRepeated && row.name in into)) continue;
    const { rest } = row;
    if (rest !== '' && object !== opened) {
      opened = object;
      inner = objectsOf(object);
    }
    const text = rest === '' ? textOf(object) : findText(inner, rest);
    if (text !== undefined) into[row.name] = text;
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
  const { byName } = readyOf(profile);
  const made = new Map<ProfileTemplate, EditableObject[] | undefined>();
  for (const name in current ? { ...fields, ...current } : fields) {
    const rows = byName.get(name);
    const value = fields[name];
    if (!rows || value === current?.[name]) continue;
    const text = textField(value, name);
    const there = rows.find(({ template }) => template && made.get(template));
    const row = there ?? (rows.length > 1 ? rowFor(rows, tree, fields) : rows[0]);
    const template = row?.template;
    // Kept, as a template is not told by its fields before all of them are there.
    if (template && !made.get(template)) made.set(template, objectsFor(tree, template, text));
    const level = template ? made.get(template) : tree;
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
    const count = fieldsIn(row.template, fields);
    if (count > most) [best, most] = [row, count];
  }
  return best;
}

/** How many of the fields given a template has. */
export function fieldsIn(template: ProfileTemplate, fields: SchemeFields): number {
  let count = 0;
  for (const name in fields) if (fields[name] !== undefined && name in template.fields) count++;
  return count;
}

/** The objects of a template; a new one is made for a text to be put there. */
function objectsFor(
  tree: EditableObject[],
  template: TemplateRows,
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

function freeId(tree: readonly DataObject[], template: TemplateRows): string {
  return ids.find((id) => isInRange(template, +id) && !findObject(tree, id)) ?? template.ids[0];
}

/** Tells schemes apart. */
export interface Detector {
  readonly ownerOf: (gui: string) => Owner | undefined;
  /** The profile of a payload: by GUI first, in the order of the list, then by the profiles' own tests. */
  readonly profileOf: (view: ViewSink, tree: readonly DataObject[]) => ReadyProfile | undefined;
}

/** Makes the detector of a list of profiles; the first to have a GUI owns it. */
export function createDetector(profiles: readonly EmvProfile[]): Detector {
  // By length and first letter, then one by one: the hash of a text just cut out costs three times as much.
  const buckets: Owner[][] = [];
  const bucketOf = (gui: string): number => gui.length * 32 + (gui.charCodeAt(0) & 31);
  for (const [rank, { scheme, templates }] of profiles.entries()) {
    for (const { guis, foreign } of templates) {
      for (const gui of foreign ? [] : guis) {
        buckets[bucketOf(gui)] ??= [];
        buckets[bucketOf(gui)]?.push({ gui, guis, network: scheme, rank });
      }
    }
  }
  const ownerOf = (gui: string): Owner | undefined => {
    const owners = buckets[bucketOf(gui)];
    if (!owners) return undefined;
    for (const owner of owners) if (owner.gui === gui) return owner;
    const lower = gui.toLowerCase();
    return owners.find((owner) => owner.gui.toLowerCase() === lower);
  };
  const ready = profiles.map(readyOf);
  const matching = ready.filter(({ profile }) => profile.match);
  return {
    ownerOf,
    profileOf: ({ rank, merchant: { country } }, tree) => {
      if (rank < ready.length) return ready[rank];
      return matching.find(
        ({ profile }) =>
          (profile.country === undefined || profile.country === country) && profile.match?.(tree),
      );
    },
  };
}

/** The GUIs of a payload's merchant account templates, as printed. */
export function guisOf(tree: readonly DataObject[]): string[] {
  const accounts = tree.filter((object) => object.id >= '26' && object.id <= '51');
  return accounts.map(guiOf).filter((gui) => gui !== undefined);
}
