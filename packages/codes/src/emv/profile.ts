import type { DataObject, PrimitiveObject, TemplateObject } from './objects.ts';
import { findObject, findText, withObject, withText } from './tree.ts';

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
  /** How the scheme is told apart when a GUI is not enough. */
  readonly match?: (tree: readonly DataObject[]) => boolean;
  /** Facts that follow from the fields; read only. */
  readonly derive?: (fields: ProfileFields, tree: readonly DataObject[]) => Record<string, unknown>;
  /** The instant the fields say the code ends. */
  readonly expiry?: (fields: ProfileFields) => Date | undefined;
  /** EMVCo mandatory objects the scheme leaves out, and other departures (`99-gui`). */
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

/** The GUI of a template: its object 00. */
export function guiOf(object: DataObject): string | undefined {
  if (!('objects' in object)) return undefined;
  const first = findObject(object.objects, '00');
  return first && 'value' in first ? first.value : undefined;
}

/** Finds the payload object that is this template. */
export function findTemplate(
  tree: readonly DataObject[],
  template: ProfileTemplate,
): TemplateObject | undefined {
  for (const object of tree) {
    if (object.id < template.ids[0] || object.id > template.ids[1] || !('objects' in object)) continue;
    if (template.guis.length > 0 && !isOneOf(template.guis, guiOf(object))) continue;
    if (template.where && !findText(object.objects, template.where[0])?.startsWith(template.where[1]))
      continue;
    return object;
  }
  return undefined;
}

function isOneOf(guis: readonly string[], gui: string | undefined): boolean {
  if (gui === undefined) return false;
  const lower = gui.toLowerCase();
  return guis.some((other) => other.toLowerCase() === lower);
}

/** Reads a profile's fields out of a tree; the first template that has a field wins. */
export function readFields(profile: EmvProfile, tree: readonly DataObject[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const template of profile.templates) {
    const object = findTemplate(tree, template);
    if (!object) continue;
    for (const [name, path] of Object.entries(template.fields)) {
      const text = fields[name] ?? findText(object.objects, path);
      if (text !== undefined) fields[name] = text;
    }
  }
  for (const [name, path] of Object.entries(profile.paths ?? {})) {
    const text = findText(tree, path);
    if (text !== undefined) fields[name] = text;
  }
  return fields;
}

/** A copy of the tree with the fields that differ from `current` written in their places. */
export function writeFields(
  profile: EmvProfile,
  tree: readonly DataObject[],
  change: { readonly fields: ProfileFields; readonly current: ProfileFields },
): readonly DataObject[] {
  let result = tree;
  for (const name of fieldNames(profile)) {
    const text = change.fields[name];
    if (text === change.current[name]) continue;
    const path = profile.paths?.[name];
    if (path) {
      result = withText(result, path, text);
      continue;
    }
    const template = templateFor(profile, result, { name, fields: change.fields });
    if (template) result = writeField(result, template, { path: template.fields[name] ?? '', text });
  }
  return result;
}

/** Every field name of a profile, in the order of its table. */
export function fieldNames(profile: EmvProfile): string[] {
  const names = profile.templates.flatMap((template) => Object.keys(template.fields));
  return [...new Set([...names, ...Object.keys(profile.paths ?? {})])];
}

function templateFor(
  profile: EmvProfile,
  tree: readonly DataObject[],
  wanted: { readonly name: string; readonly fields: ProfileFields },
): ProfileTemplate | undefined {
  const able = profile.templates.filter((template) => wanted.name in template.fields);
  const present = able.find((template) => findTemplate(tree, template));
  if (present) return present;
  const score = (template: ProfileTemplate): number =>
    Object.keys(template.fields).filter((name) => wanted.fields[name] !== undefined).length;
  return able.reduce((best, next) => (score(next) > score(best) ? next : best), able[0] as ProfileTemplate);
}

function writeField(
  tree: readonly DataObject[],
  template: ProfileTemplate,
  field: { readonly path: string; readonly text: string | undefined },
): readonly DataObject[] {
  const found = findTemplate(tree, template);
  if (!found && field.text === undefined) return tree;
  const gui = template.guis[0];
  const fresh: readonly PrimitiveObject[] = gui === undefined ? [] : [{ id: '00', value: gui }];
  const objects = withText(found?.objects ?? fresh, field.path, field.text);
  return withObject(tree, { id: found?.id ?? freeId(tree, template), objects });
}

function freeId(tree: readonly DataObject[], template: ProfileTemplate): string {
  const [first, last] = template.ids;
  for (let id = Number(first); id <= Number(last); id++) {
    const name = String(id).padStart(2, '0');
    if (!findObject(tree, name)) return name;
  }
  return first;
}

/** Tells which profile a tree follows: by GUI first, in the order of the list, then by the profiles' own tests. */
export function createDetector(
  profiles: readonly EmvProfile[],
): (tree: readonly DataObject[]) => EmvProfile | undefined {
  const ranks = new Map<string, number>();
  for (const [rank, profile] of profiles.entries()) {
    for (const template of profile.templates) {
      if (template.foreign) continue;
      for (const gui of template.guis) if (!ranks.has(gui.toLowerCase())) ranks.set(gui.toLowerCase(), rank);
    }
  }
  const matching = profiles.filter((profile) => profile.match);
  return (tree) => {
    let best = profiles.length;
    for (const object of tree) {
      const gui = guiOf(object);
      if (gui === undefined || (object.id >= '52' && object.id < '80')) continue;
      best = Math.min(best, ranks.get(gui) ?? ranks.get(gui.toLowerCase()) ?? best);
    }
    return profiles[best] ?? matching.find((profile) => profile.match?.(tree));
  };
}

/** The GUIs of a payload's merchant account templates, as printed. */
export function guisOf(tree: readonly DataObject[]): string[] {
  const accounts = tree.filter((object) => object.id >= '26' && object.id <= '51');
  return accounts.map(guiOf).filter((gui) => gui !== undefined);
}
