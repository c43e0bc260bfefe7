import { type Code, type DataObject, emvProfiles, type TemplateObject, type Violation } from '@barlink/codes';
import type { EmvProfile } from '@barlink/codes/emv';
import {
  consumerTags,
  emvObjects,
  emvRanges,
  emvValues,
  guiMeaning,
  ownMeaning,
  systemMeaning,
} from './meanings/emv.ts';
import { entries } from './meanings/entries.ts';
import { fields } from './meanings/fields.ts';
import { schemeTitles } from './meanings/schemes.ts';
import type { Text } from './meanings/text.ts';

/** One data object of the raw tree, on a line of its own. */
export interface ObjectRow {
  /** Ids joined by a dot; not unique where a scheme repeats its objects. */
  readonly path: string;
  readonly id: string;
  readonly depth: number;
  readonly meaning: Text;
  /** Whose template it is, by name or as the code says: untrusted text. */
  readonly network?: Text;
  /** Absent for a template. */
  readonly value?: string;
  /** What the value stands for. */
  readonly note?: Text;
  readonly violations: readonly Violation[];
}

/** The raw tree of a code as lines, in its order, each with its meaning. */
export function listObjectRows(code: Code, violations: readonly Violation[]): ObjectRow[] {
  const describe = isEmvMerchant(code) ? emvDescriber(code.scheme) : entryDescriber(code.scheme);
  const rows: ObjectRow[] = [];
  const visit = (objects: readonly DataObject[], parents: readonly DataObject[]): void => {
    for (const object of objects) {
      const path = [...parents, object].map(({ id }) => id).join('.');
      rows.push({
        path,
        id: object.id,
        depth: parents.length,
        ...describe(path, object, parents),
        ...('value' in object && { value: object.value }),
        violations: violations.filter((violation) => violation.path === path),
      });
      if ('objects' in object) visit(object.objects, [...parents, object]);
    }
  };
  visit(code.tree, []);
  return rows;
}

/** True for payloads made of EMVCo's two-digit objects. */
export function isEmvMerchant(code: Code): boolean {
  const isProfile = emvProfiles.some(({ scheme }) => scheme === code.scheme);
  return code.presentment === 'merchant' && (isProfile || code.scheme === 'emv-mpm');
}

interface Description {
  readonly meaning: Text;
  readonly network?: Text;
  readonly note?: Text;
}

type Describe = (path: string, object: DataObject, parents: readonly DataObject[]) => Description;

function entryDescriber(scheme: string): Describe {
  const table = scheme === 'emv-cpm' ? consumerTags : (entries[scheme] ?? {});
  return (path, { id }) => ({
    meaning: table[path] ?? table[id] ?? table[id.toLowerCase()] ?? ownMeaning,
  });
}

function emvDescriber(scheme: string): Describe {
  const own = emvProfiles.find((profile) => profile.scheme === scheme);
  return (path, object, parents) => {
    const parent = parents[0];
    const fixed = own?.paths && fieldAt(own.paths, path);
    const note = 'value' in object ? emvValues[path]?.[object.value] : undefined;
    if (parent === undefined) {
      const network = networkOf(object, own);
      return {
        meaning: emvObjects[path] ?? fixed ?? rangeMeaning(object.id),
        ...(network && { network }),
        ...(note && { note }),
      };
    }
    return { meaning: fixed ?? emvObjects[path] ?? subMeaning(parent, object.id, own) };
  };
}

function subMeaning(parent: DataObject, id: string, own: EmvProfile | undefined): Text {
  const template = findTemplate(parent, own)?.template;
  const field = template && fieldAt(template.fields, id);
  if (field) return field;
  if (parent.id === '62') return systemMeaning;
  return id === '00' && parent.id !== '64' ? guiMeaning : ownMeaning;
}

function networkOf(object: DataObject, own: EmvProfile | undefined): Text | undefined {
  const profile = findTemplate(object, own)?.profile;
  if (profile) return schemeTitles[profile.scheme] ?? [profile.title, profile.title];
  const gui = guiOf(object);
  return gui === undefined ? undefined : [gui, gui];
}

function guiOf(object: DataObject): string | undefined {
  const first = isNetworkTemplate(object) ? object.objects[0] : undefined;
  return first?.id === '00' && 'value' in first ? first.value : undefined;
}

/** Additional data and the language template belong to EMVCo, not to a network. */
function isNetworkTemplate(object: DataObject): object is TemplateObject {
  return 'objects' in object && object.id !== '62' && object.id !== '64';
}

/** The row of a scheme's table that a template follows: the code's own scheme first, then any network's. */
function findTemplate(object: DataObject, own: EmvProfile | undefined) {
  if (!isNetworkTemplate(object)) return undefined;
  const gui = guiOf(object)?.toLowerCase();
  const all = own ? [own, ...emvProfiles] : emvProfiles;
  for (const profile of all) {
    const template = profile.templates.find(({ guis, ids, foreign }) => {
      if (object.id < ids[0] || object.id > ids[1]) return false;
      return guis.length === 0
        ? profile === own
        : foreign !== true && guis.some((each) => each.toLowerCase() === gui);
    });
    if (template) return { profile, template };
  }
  return undefined;
}

/** The field at a path, or the fields inside it where a scheme reads one level deeper than the tree. */
function fieldAt(paths: Readonly<Record<string, string>>, path: string): Text | undefined {
  const names = Object.keys(paths).filter((name) => paths[name] === path);
  const inner = Object.keys(paths).filter((name) => paths[name]?.startsWith(`${path}.`));
  const texts = (names.length > 0 ? names.slice(0, 1) : inner).map((name) => fields[name] ?? [name, name]);
  if (texts.length === 0) return undefined;
  return [texts.map(([english]) => english).join(' + '), texts.map(([, chinese]) => chinese).join('＋')];
}

function rangeMeaning(id: string): Text {
  const number = Number(id);
  return emvRanges.find(([first, last]) => number >= first && number <= last)?.[2] ?? ownMeaning;
}
