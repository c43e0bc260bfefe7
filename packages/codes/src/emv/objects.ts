import { CodeError, type CodeErrorCode } from '../error.ts';

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

const SURROGATE = /[\ud800-\udfff]/;
const LONE_SURROGATE = /\p{Surrogate}/u;
/** Cut from longer texts, as engines then share them with literals and compare them by address. */
const ids: readonly string[] = /* @__PURE__ */ Array.from({ length: 100 }, (_, id) => `0${id}`.slice(-2));

/**
 * Reads a payload's objects. Values of ids 26-51, 62, 64 and 80-99 that are themselves data objects become
 * templates; one level deep, no deeper. Lengths are counted in code points.
 *
 * @throws CodeError QR_OBJECT_MALFORMED, QR_OBJECT_TRUNCATED, QR_OBJECT_DUPLICATE, QR_TEXT_MALFORMED
 */
export function readPayloadObjects(text: string): DataObject[] {
  const reader = new Reader(text);
  if (reader.hasPairs && LONE_SURROGATE.test(text)) {
    throw new CodeError('QR_TEXT_MALFORMED', 'half a surrogate pair');
  }
  const objects: DataObject[] = [];
  const fault = reader.read('payload', objects, { start: 0, end: text.length });
  if (fault) throw reader.error(fault, '');
  return objects;
}

/**
 * Reads the objects inside one value, or `undefined` when the value is not made of data objects.
 *
 * @throws CodeError QR_OBJECT_DUPLICATE
 */
export function readValueObjects(text: string, prefix = ''): PrimitiveObject[] | undefined {
  const reader = new Reader(text);
  const objects: PrimitiveObject[] = [];
  const fault = reader.read('value', objects, { start: 0, end: text.length });
  if (fault === 'QR_OBJECT_DUPLICATE') throw reader.error(fault, prefix);
  return fault || text === '' ? undefined : objects;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

type Fault = 'QR_OBJECT_TRUNCATED' | 'QR_OBJECT_DUPLICATE' | 'QR_OBJECT_MALFORMED';

/** Real state: where the last fault was met. Faults inside a value are common and must cost nothing. */
class Reader {
  readonly hasPairs: boolean;
  private readonly text: string;
  private faultAt = 0;
  private faultPath = '';

  constructor(text: string) {
    this.text = text;
    this.hasPairs = SURROGATE.test(text);
  }

  /** Only a payload's own values may be templates. */
  read(level: 'payload' | 'value', into: DataObject[], range: Range): Fault | undefined {
    const text = this.text;
    const limit = range.end;
    let highest = -1;
    for (let at = range.start; at < limit; ) {
      const id = twoDigits(text, at);
      const length = twoDigits(text, at + 2);
      if (at + 4 > limit || id < 0 || length < 0) {
        return this.fault(limit - at < 4 ? 'QR_OBJECT_TRUNCATED' : 'QR_OBJECT_MALFORMED', at, '');
      }
      const name = ids[id] ?? '';
      const end = this.hasPairs ? this.skip(at + 4, length) : at + 4 + length;
      if (end > limit) return this.fault('QR_OBJECT_TRUNCATED', at, name);
      // Ids mostly ascend, and then none can repeat.
      if (id > highest) highest = id;
      else if (holds(into, name)) return this.fault('QR_OBJECT_DUPLICATE', at, name);
      if (level === 'payload' && length > 0 && isTemplateId(id)) {
        const objects: PrimitiveObject[] = [];
        const fault = this.read('value', objects, { start: at + 4, end });
        if (fault === 'QR_OBJECT_DUPLICATE') {
          this.faultPath = `${name}.${this.faultPath}`;
          return fault;
        }
        into.push(fault ? { id: name, value: text.slice(at + 4, end) } : { id: name, objects });
      } else {
        into.push({ id: name, value: text.slice(at + 4, end) });
      }
      at = end;
    }
    return undefined;
  }

  error(code: Fault, prefix: string): CodeError {
    return new CodeError(code, MESSAGES[code], { path: prefix + this.faultPath, offset: this.faultAt });
  }

  private fault(code: Fault, at: number, path: string): Fault {
    this.faultAt = at;
    this.faultPath = path;
    return code;
  }

  private skip(start: number, count: number): number {
    let at = start;
    for (let left = count; left > 0; left--) {
      const unit = this.text.charCodeAt(at);
      at += unit >= 0xd800 && unit <= 0xdbff ? 2 : 1;
    }
    return at;
  }
}

function holds(objects: readonly DataObject[], id: string): boolean {
  for (const object of objects) if (object.id === id) return true;
  return false;
}

const MESSAGES: Readonly<Record<Fault, string>> = {
  QR_OBJECT_TRUNCATED: 'an object ends after the text does',
  QR_OBJECT_DUPLICATE: 'an object occurs twice',
  QR_OBJECT_MALFORMED: 'an id or a length is not two digits',
};

/** Two ASCII digits as a number, or -1: `parseInt` would take "+4", " 4" and "4x". */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

function isTemplateId(id: number): boolean {
  return (id >= 26 && id <= 51) || id === 62 || id === 64 || id >= 80;
}

/** An object id as the number it prints; -1 when it is not two digits. */
export function idNumber(id: string): number {
  return id.length === 2 ? twoDigits(id, 0) : -1;
}

/**
 * Writes objects one after the other, lengths in code points.
 *
 * @throws CodeError QR_OBJECT_MALFORMED (an id is not two digits), QR_OBJECT_TOO_LONG (over 99),
 * QR_OBJECT_DUPLICATE
 */
export function writeObjects(objects: readonly DataObject[], prefix = ''): string {
  let text = '';
  let last = -1;
  for (const object of objects) {
    const number = idNumber(object.id);
    if (number < 0) throw failure('QR_OBJECT_MALFORMED', prefix + object.id);
    if (number <= last) assertOnce(objects, object, prefix);
    last = number;
    const value = 'objects' in object ? writeObjects(object.objects, `${prefix}${object.id}.`) : object.value;
    const length = codePoints(value);
    if (length > 99) throw failure('QR_OBJECT_TOO_LONG', prefix + object.id);
    text += object.id + ids[length] + value;
  }
  return text;
}

function assertOnce(objects: readonly DataObject[], object: DataObject, prefix: string): void {
  if (holds(objects.slice(0, objects.indexOf(object)), object.id)) {
    throw failure('QR_OBJECT_DUPLICATE', prefix + object.id);
  }
}

function failure(code: CodeErrorCode, path: string): CodeError {
  const messages: Readonly<Record<string, string>> = MESSAGES;
  return new CodeError(code, messages[code] ?? 'over 99 characters', { path });
}

/** How many characters a text has, the way EMVCo counts: code points. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let at = text.length - 1; at > 0; at--) {
    if ((text.charCodeAt(at) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800) count--;
  }
  return count;
}
