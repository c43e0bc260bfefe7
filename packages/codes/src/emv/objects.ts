import { CodeError, type CodeErrorCode } from '../error.ts';
import { type Utf8Text, utf8Of } from './utf8-text.ts';

/** One id-length-value whose value is text. */
export interface PrimitiveObject {
  readonly id: string;
  readonly value: string;
}

/** One id-length-value whose value is data objects again. */
export interface TemplateObject {
  readonly id: string;
  readonly objects: readonly DataObject[];
}

/** A node of the raw tree: what the payload holds, in the order it holds it. */
export type DataObject = PrimitiveObject | TemplateObject;

const LONE_SURROGATE = /\p{Surrogate}/u;
/**
 * Every id, and every length, by its number. Made by the JSON reader, as engines then share them with
 * literals and compare them by address.
 */
export const ids: readonly string[] = /* @__PURE__ */ JSON.parse(
  JSON.stringify(Array.from({ length: 100 }, (_, id) => `0${id}`.slice(-2))),
);

/** What a payload's objects are handed to as they are read, each with its id as a number. */
export interface ObjectSink {
  readonly take: (id: number, object: DataObject) => void;
}

/**
 * Reads a payload's objects. Values of ids 26-51, 62, 64 and 80-99 that are themselves data objects become
 * templates; one level deep, no deeper. Lengths are counted in code points.
 *
 * @throws CodeError QR_OBJECT_MALFORMED, QR_OBJECT_TRUNCATED, QR_OBJECT_DUPLICATE, QR_TEXT_MALFORMED
 */
export function readPayloadObjects(payload: Utf8Text, sink: ObjectSink): DataObject[] {
  const characters = charactersOf(payload);
  if (characters.starts && LONE_SURROGATE.test(payload.text)) {
    throw new CodeError('QR_TEXT_MALFORMED', 'half a surrogate pair');
  }
  const objects: DataObject[] = [];
  readInto(objects, characters, { start: 0, end: characters.length, parent: '', sink });
  return objects;
}

/**
 * Reads the objects inside one value, or `undefined` when the value is not made of data objects.
 *
 * @throws CodeError QR_OBJECT_DUPLICATE
 */
export function readValueObjects(text: string, parent = ''): PrimitiveObject[] | undefined {
  const characters = charactersOf(utf8Of(text));
  const objects: PrimitiveObject[] = [];
  const isMade = readInto(objects, characters, { start: 0, end: characters.length, parent, sink: undefined });
  return isMade && text !== '' ? objects : undefined;
}

/**
 * A text by its characters (code points): each one's code, where that is ASCII, and where it starts in UTF-16
 * units. A text of ASCII only is that already.
 */
type Characters = Omit<Utf8Text, 'starts'> & { readonly starts?: readonly number[] | undefined };

function charactersOf(payload: Utf8Text): Characters {
  const { text, length } = payload;
  if (length === text.length) return payload;
  const starts: number[] = [];
  const codes = new Uint8Array(text.length);
  let at = 0;
  for (const character of text) {
    codes[starts.length] = Math.min(character.charCodeAt(0), 0x80);
    starts.push(at);
    at += character.length;
  }
  starts.push(at);
  return { text, bytes: codes, length: starts.length - 1, starts };
}

/** Where to read, in characters. A payload has a sink: it must be made of objects, and may hold templates. */
interface Level {
  readonly start: number;
  readonly end: number;
  /** The id of the object whose value this is; none for a payload. */
  readonly parent: string;
  readonly sink: ObjectSink | undefined;
}

/** Whether there are objects only: values that are none are common and must cost nothing. */
function readInto(into: DataObject[], characters: Characters, level: Level): boolean {
  const { bytes, starts } = characters;
  const { end: limit, sink } = level;
  let highest = -1;
  for (let at = level.start; at < limit; ) {
    if (at + 4 > limit) return fault('QR_OBJECT_TRUNCATED', at, characters, level);
    const id = twoDigits(bytes, at);
    const length = twoDigits(bytes, at + 2);
    if (id < 0 || length < 0) return fault('QR_OBJECT_MALFORMED', at, characters, level);
    const name = ids[id] as string;
    const start = at + 4;
    const end = start + length;
    if (end > limit) return fault('QR_OBJECT_TRUNCATED', at, characters, level, name);
    // Ids mostly ascend, and then none can repeat.
    if (id > highest) highest = id;
    else if (findObject(into, name)) {
      throw failure('QR_OBJECT_DUPLICATE', pathOf(level, name), starts ? starts[at] : at);
    }
    const objects =
      sink && length > 0 && isTemplateId(id)
        ? inside(characters, { start, end, parent: name, sink: undefined })
        : undefined;
    const object = objects ? { id: name, objects } : { id: name, value: cut(characters, start, end) };
    into.push(object);
    sink?.take(id, object);
    at = end;
  }
  return true;
}

/** Two digits are shared: cutting out costs four times more. */
function cut({ text, bytes, starts }: Characters, start: number, end: number): string {
  const number = end - start === 2 ? twoDigits(bytes, start) : -1;
  if (number >= 0) return ids[number] as string;
  return starts ? text.slice(starts[start], starts[end]) : text.slice(start, end);
}

/** The objects a value is made of. */
function inside(characters: Characters, level: Level): PrimitiveObject[] | undefined {
  const objects: PrimitiveObject[] = [];
  return readInto(objects, characters, level) ? objects : undefined;
}

function fault(code: CodeErrorCode, at: number, { starts }: Characters, level: Level, id = ''): false {
  if (level.sink) throw failure(code, pathOf(level, id), starts ? starts[at] : at);
  return false;
}

function pathOf({ parent }: Level, id: string): string {
  return parent === '' ? id : `${parent}.${id}`;
}

/** The object with this id, if the level holds one. */
export function findObject(objects: readonly DataObject[], id: string): DataObject | undefined {
  for (const object of objects) if (object.id === id) return object;
  return undefined;
}

const MESSAGES: Readonly<Record<string, string>> = {
  QR_OBJECT_TRUNCATED: 'the text ends inside an object',
  QR_OBJECT_DUPLICATE: 'an object occurs twice',
  QR_OBJECT_MALFORMED: 'no two digits',
};

/** Two ASCII digits as a number, or -1: `parseInt` would take "+4", " 4" and "4x". */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - 48;
  const ones = (bytes[at + 1] as number) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

function isTemplateId(id: number): boolean {
  return (id >= 26 && id <= 51) || id === 62 || id === 64 || id >= 80;
}

/** An object id as the number it prints; -1 when it is not two digits. */
export function idNumber(id: string): number {
  return ids.indexOf(id);
}

/** The id a path of ids (`62.05`) starts with. */
export function firstId(path: string): string {
  const id = path.slice(0, 2);
  return ids[idNumber(id)] ?? id;
}

/**
 * Writes objects one after the other, lengths in code points.
 *
 * @throws CodeError QR_OBJECT_MALFORMED (an id is not two digits), QR_OBJECT_TOO_LONG (over 99),
 * QR_OBJECT_DUPLICATE
 */
export function writeObjects(objects: readonly DataObject[], prefix = ''): string {
  let text = '';
  const written = new Set<string>();
  for (const object of objects) {
    const { id } = object;
    const path = prefix + id;
    const value = 'objects' in object ? writeObjects(object.objects, `${path}.`) : object.value;
    if (idNumber(id) < 0) throw failure('QR_OBJECT_MALFORMED', path);
    if (written.has(id)) throw failure('QR_OBJECT_DUPLICATE', path);
    if (typeof value !== 'string') throw failure('QR_OBJECT_FORMAT', path);
    const length = ids[codePoints(value)];
    if (length === undefined) throw failure('QR_OBJECT_TOO_LONG', path);
    written.add(id);
    text += id + length + value;
  }
  return text;
}

function failure(code: CodeErrorCode, path: string, offset?: number): CodeError {
  const place = offset === undefined ? { path } : { path, offset };
  return new CodeError(code, MESSAGES[code] ?? 'not a text of up to 99 characters', place);
}

/** How many characters a text has, the way EMVCo counts: code points. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let at = text.length - 1; at > 0; at--) {
    if ((text.charCodeAt(at) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800) count--;
  }
  return count;
}
