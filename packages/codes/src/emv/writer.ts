import type { CodeDraft, SchemeFields } from '../code.ts';
import { crcOfBytes, crcText } from './crc.ts';
import { findCurrencyNumber } from './currencies.ts';
import type { DraftWriter } from './mpm.ts';
import { idNumber, ids } from './objects.ts';
import { type EmvProfile, type FieldRow, fieldsIn, readyOf, type TemplateRows } from './profile.ts';
import { utf8Of } from './utf8-text.ts';
import { ADDITIONAL, TIPS } from './view.ts';

/**
 * Writes drafts that have no tree straight into text, in less than half the time of building a tree and
 * writing that: one pass over the profile's places, ascending, with the draft's texts by slot. A draft with
 * anything unusual (accounts or a language of its own, characters beyond ASCII, texts too long) is left to
 * the tree, which also knows how to say what is wrong. That both write the same is a property test.
 */
export function createDraftWriter(profiles: readonly EmvProfile[]): DraftWriter {
  const byName = new Map(profiles.map((profile) => [profile.scheme, profile]));
  const plans = new Map<string, Plan>();
  return (draft) => {
    const { scheme, tree, accounts, unreserved, language } = draft;
    if (tree || accounts || unreserved || language) return undefined;
    const known = plans.get(scheme);
    if (known) return write(draft, known);
    const profile = byName.get(scheme);
    if (!profile) return undefined;
    const plan = planOf(profile);
    plans.set(scheme, plan);
    return write(draft, plan);
  };
}

/** The texts of a draft: 1 to 9 are those of object 62, the profile's own follow. */
type Slots = unknown[];

/** An object with the text of a slot, or a template of such objects behind its GUI as written. */
interface Place {
  readonly id: number;
  readonly slot: number;
  readonly inner: readonly Place[];
  readonly gui: string;
}

/** A profile's places, ascending, and the slot of each of its fields. */
interface Plan {
  readonly profile: EmvProfile;
  readonly head: string;
  readonly accounts: readonly Place[];
  readonly unreserved: readonly Place[];
  readonly fields: ReadonlyMap<string, FieldSlot>;
  readonly referenceSlot: number;
  readonly empty: Slots;
}

interface FieldSlot {
  readonly slot: number;
  readonly template: TemplateRows | undefined;
  /** Where else the field may be: other templates have it too. */
  readonly others: readonly FieldSlot[];
}

const additionalSlots: ReadonlyMap<string, number> = /* @__PURE__ */ new Map(
  /* @__PURE__ */ Object.entries(ADDITIONAL).map(([id, name]) => [name, idNumber(id)]),
);
const NOTHING = {};

function write(draft: CodeDraft, plan: Plan): string | undefined {
  const slots = plan.empty.slice();
  if (draft.data && !fillFields(slots, draft.data, plan)) return undefined;
  const { additional, reference, mode } = draft;
  for (const name in additional) {
    const slot = additionalSlots.get(name);
    if (slot === undefined) return undefined;
    if (additional[name] !== undefined) slots[slot] = additional[name];
  }
  if (reference !== undefined) slots[plan.referenceSlot] = reference;
  const line = new Line(plan.head);
  if (mode === 'static') line.text += '010211';
  else if (mode === 'dynamic') line.text += '010212';
  line.putPlaces(plan.accounts, slots);
  putRoot(line, draft, plan.profile);
  line.putTemplate(ADDITIONAL_PLACE, slots);
  line.putPlaces(plan.unreserved, slots);
  return line.close();
}

/** Objects 52 to 61. */
function putRoot(line: Line, { merchant = NOTHING, money = NOTHING }: CodeDraft, profile: EmvProfile): void {
  const { tip, currencyAlpha } = money;
  let { currency } = money;
  if (!currency && currencyAlpha) currency = findCurrencyNumber(currencyAlpha) ?? currency;
  line.put(52, merchant.category);
  line.put(53, currency ?? profile.currency);
  line.put(54, money.amount);
  if (tip)
    line.put(
      55,
      Object.keys(TIPS).find((id) => TIPS[id] === tip),
    );
  line.put(56, money.feeFixed);
  line.put(57, money.feePercentage);
  line.put(58, merchant.country ?? profile.country);
  line.put(59, merchant.name);
  line.put(60, merchant.city);
  line.put(61, merchant.postalCode);
}

/** Real state: the text so far, and whether anything in it is not for this writer. */
class Line {
  text: string;
  private isOdd = false;

  constructor(head: string) {
    this.text = head;
  }

  put(id: number, value: unknown): void {
    if (value === undefined) return;
    if (typeof value !== 'string' || value.length > 99) this.isOdd = true;
    else this.text += headOf(id, value.length) + value;
  }

  putPlaces(places: readonly Place[], slots: Slots): void {
    for (const place of places) {
      if (place.slot > 0) this.put(place.id, slots[place.slot]);
      else this.putTemplate(place, slots);
    }
  }

  putTemplate({ id, inner, gui }: Place, slots: Slots): void {
    const before = this.text;
    this.text = '';
    this.putPlaces(inner, slots);
    const text = this.text;
    this.text = before;
    // The GUI may be a field too, and then it is the first.
    if (text !== '') this.put(id, text.startsWith('00') ? text : gui + text);
  }

  close(): string | undefined {
    if (this.isOdd) return undefined;
    const body = `${this.text}6304`;
    const { bytes, length } = utf8Of(body);
    // Lengths were taken in UTF-16 units, which are characters in ASCII only.
    return length === body.length ? body + crcText(crcOfBytes(bytes, length)) : undefined;
  }
}

const heads: readonly string[][] = /* @__PURE__ */ Array.from({ length: 100 }, () => []);

/** An id and a length: put together once each. */
function headOf(id: number, length: number): string | undefined {
  const row = heads[id] as string[];
  row[length] ??= `${ids[id]}${ids[length]}`;
  return row[length];
}

/** Whether each field has one place: false leaves the choice to the tree. */
function fillFields(slots: Slots, data: SchemeFields, { fields }: Plan): boolean {
  let only: TemplateRows | undefined;
  let isMixed = false;
  let isRepeated = false;
  for (const name in data) {
    const field = fields.get(name);
    const value = data[name];
    if (!field || value === undefined) continue;
    if (field.others.length > 0) {
      isRepeated = true;
      continue;
    }
    slots[field.slot] = value;
    if (!field.template) continue;
    isMixed ||= only !== undefined && only !== field.template;
    only = field.template;
  }
  return !isRepeated || (!isMixed && fillRepeated(slots, data, { fields, only }));
}

/** Fields that several templates have go where the others go, or where most of them have a place. */
function fillRepeated(
  slots: Slots,
  data: SchemeFields,
  { fields, only }: { readonly fields: Plan['fields']; readonly only: TemplateRows | undefined },
): boolean {
  let chosen = only;
  for (const name in data) {
    const field = fields.get(name);
    if (!field || field.others.length === 0 || data[name] === undefined) continue;
    const candidates = [field, ...field.others];
    if (!chosen) {
      let most = -1;
      for (const { template } of candidates) {
        const count = template ? fieldsIn(template, data) : 0;
        if (count > most) [chosen, most] = [template, count];
      }
    }
    const slot = candidates.find(({ template }) => template === chosen)?.slot;
    if (slot === undefined) return false;
    slots[slot] = data[name];
  }
  return true;
}

const ADDITIONAL_PLACE: Place = {
  id: 62,
  slot: 0,
  gui: '',
  inner: /* @__PURE__ */ [1, 2, 3, 4, 5, 6, 7, 8, 9].map((slot) => ({ id: slot, slot, inner: [], gui: '' })),
};

interface GrowingPlace extends Place {
  readonly inner: GrowingPlace[];
}

function planOf(profile: EmvProfile): Plan {
  const ready = readyOf(profile);
  const root: GrowingPlace[] = [];
  const empty: Slots = Array.from({ length: 10 });
  const slotOf = (row: FieldRow): FieldSlot => {
    const { template, path } = row;
    let slot = path.startsWith('62.') ? idNumber(path.slice(3)) : 0;
    if (!slot) slot = empty.push(undefined) - 1;
    if (slot > 9) {
      const gui = template?.guis[0] ?? '';
      const object = gui && `00${ids[gui.length]}${gui}`;
      const start = template && placeAt(root, idNumber(template.ids[0]), object);
      addPlace(start?.inner ?? root, path, slot);
    }
    return { slot, template, others: [] };
  };
  const fields = new Map<string, FieldSlot>();
  for (const [name, rows] of ready.byName) {
    const [first, ...others] = rows.map(slotOf);
    if (first) fields.set(name, { ...first, others });
  }
  return {
    profile,
    head: `0002${profile.version ?? '01'}`,
    accounts: root.filter(({ id }) => id < 52),
    unreserved: root.filter(({ id }) => id > 64),
    fields,
    referenceSlot: fields.get(profile.reference ?? '')?.slot ?? 5,
    empty,
  };
}

function addPlace(places: GrowingPlace[], path: string, slot: number): void {
  const id = idNumber(path.slice(0, 2));
  if (path.length > 2) addPlace(placeAt(places, id).inner, path.slice(3), slot);
  else insert(places, { id, slot, inner: [], gui: '' });
}

function placeAt(places: GrowingPlace[], id: number, gui = ''): GrowingPlace {
  const known = places.find((place) => place.id === id);
  return known ?? insert(places, { id, slot: 0, inner: [], gui });
}

function insert(places: GrowingPlace[], place: GrowingPlace): GrowingPlace {
  places.push(place);
  places.sort((one, other) => one.id - other.id);
  return place;
}
