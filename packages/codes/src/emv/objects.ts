import { CodeError } from '../error.ts';

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
const SURROGATE = /[\ud800-\udfff]/;
const ids = /* @__PURE__ */ Array.from({ length: 100 }, (_, id) => String(id).padStart(2, '0'));

/**
 * Reads a payload's objects. Values of ids 26-51, 62, 64 and 80-99 that are themselves data objects become
 * templates; one level deep, no deeper. Lengths are counted in code points.
 *
 * @throws CodeError QR_OBJECT_MALFORMED, QR_OBJECT_TRUNCATED, QR_OBJECT_DUPLICATE, QR_TEXT_MALFORMED
 */
export function readPayloadObjects(text: string): DataObject[] {
  const pairs = SURROGATE.test(text);
  if (pairs && LONE_SURROGATE.test(text)) {
    throw new CodeError('QR_TEXT_MALFORMED', 'half a surrogate pair');
  }
  const objects: DataObject[] = [];
  const fault = scan({ text, start: 0, pairs, prefix: '' }, objects);
  if (fault) throw fault;
  return objects;
}

/**
 * Reads the objects inside one value, or `undefined` when the value is not made of data objects.
 *
 * @throws CodeError QR_OBJECT_DUPLICATE
 */
export function readValueObjects(text: string, prefix = ''): PrimitiveObject[] | undefined {
  const objects: PrimitiveObject[] = [];
  const fault = scan({ text, start: 0, pairs: SURROGATE.test(text), prefix, flat: true }, objects);
  if (fault?.code === 'QR_OBJECT_DUPLICATE') throw fault;
  return fault || text === '' ? undefined : objects;
}

interface Scan {
  readonly text: string;
  readonly start: number;
  readonly pairs: boolean;
  readonly prefix: string;
  readonly flat?: boolean;
  /** Where the text lies in the whole payload, for error offsets. */
  readonly base?: number;
}

function scan(input: Scan, into: DataObject[]): CodeError | undefined {
  const { text, pairs } = input;
  let at = input.start;
  while (at < text.length) {
    const id = twoDigits(text, at);
    const length = twoDigits(text, at + 2);
    if (id < 0 || length < 0) return malformed(input, at);
    const name = ids[id] ?? '';
    const start = at + 4;
    const end = pairs ? skipCodePoints(text, start, length) : start + length;
    if (end > text.length) {
      return failure(input, 'QR_OBJECT_TRUNCATED', 'an object ends after the text does', at, name);
    }
    for (let seen = 0; seen < into.length; seen++) {
      if (into[seen]?.id === name) {
        return failure(input, 'QR_OBJECT_DUPLICATE', 'an object occurs twice', at, name);
      }
    }
    const value = text.slice(start, end);
    if (input.flat || !isTemplateId(id)) {
      into.push({ id: name, value });
    } else {
      const objects: DataObject[] = [];
      const nested = { text: value, start: 0, pairs, prefix: `${name}.`, flat: true, base: start };
      const fault = scan(nested, objects);
      if (fault?.code === 'QR_OBJECT_DUPLICATE') return fault;
      into.push(fault || length === 0 ? { id: name, value } : { id: name, objects });
    }
    at = end;
  }
  return undefined;
}

function malformed(input: Scan, at: number): CodeError {
  const left = input.text.length - at;
  return left < 4
    ? failure(input, 'QR_OBJECT_TRUNCATED', 'the text ends inside an id or a length', at, '')
    : failure(input, 'QR_OBJECT_MALFORMED', 'an id or a length is not two digits', at, '');
}

type Fault = 'QR_OBJECT_TRUNCATED' | 'QR_OBJECT_DUPLICATE' | 'QR_OBJECT_MALFORMED';

function failure(input: Scan, code: Fault, message: string, at: number, id: string): CodeError {
  return new CodeError(code, message, { path: input.prefix + id, offset: (input.base ?? 0) + at });
}

/** Two ASCII digits as a number, or -1: `parseInt` would take "+4", " 4" and "4x". */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

function skipCodePoints(text: string, start: number, count: number): number {
  let at = start;
  for (let left = count; left > 0; left--) {
    const unit = text.charCodeAt(at);
    at += unit >= 0xd800 && unit <= 0xdbff ? 2 : 1;
  }
  return at;
}

function isTemplateId(id: number): boolean {
  return (id >= 26 && id <= 51) || id === 62 || id === 64 || id >= 80;
}

/**
 * Writes objects one after the other, lengths in code points.
 *
 * @throws CodeError QR_OBJECT_MALFORMED (an id is not two digits), QR_OBJECT_TOO_LONG (over 99), QR_OBJECT_DUPLICATE
 */
export function writeObjects(objects: readonly DataObject[], prefix = ''): string {
  let text = '';
  for (let index = 0; index < objects.length; index++) {
    const object = objects[index];
    if (!object) continue;
    const path = prefix + object.id;
    assertWritable(objects, index, path);
    const value = 'objects' in object ? writeObjects(object.objects, `${path}.`) : object.value;
    const length = codePoints(value);
    if (length > 99) {
      throw new CodeError('QR_OBJECT_TOO_LONG', `${length} characters; 99 fit`, { path });
    }
    text += object.id + (ids[length] ?? '') + value;
  }
  return text;
}

function assertWritable(objects: readonly DataObject[], index: number, path: string): void {
  const id = objects[index]?.id ?? '';
  if (id.length !== 2 || twoDigits(id, 0) < 0) {
    throw new CodeError('QR_OBJECT_MALFORMED', 'an object id is two digits', { path });
  }
  for (let before = 0; before < index; before++) {
    if (objects[before]?.id === id) {
      throw new CodeError('QR_OBJECT_DUPLICATE', 'an object occurs twice', { path });
    }
  }
}

/** How many characters a text has, the way EMVCo counts: code points. */
export function codePoints(text: string): number {
  if (!SURROGATE.test(text)) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
}
