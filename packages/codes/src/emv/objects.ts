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
/** Made by the JSON reader, as engines then share them with literals and compare them by address. */
const ids: readonly string[] = /* @__PURE__ */ JSON.parse(
  JSON.stringify(Array.from({ length: 100 }, (_, id) => `0${id}`.slice(-2))),
);

/**
 * Reads a payload's objects. Values of ids 26-51, 62, 64 and 80-99 that are themselves data objects become
 * templates; one level deep, no deeper. Lengths are counted in code points.
 *
 * @throws CodeError QR_OBJECT_MALFORMED, QR_OBJECT_TRUNCATED, QR_OBJECT_DUPLICATE, QR_TEXT_MALFORMED
 */
export function readPayloadObjects(payload: Utf8Text): DataObject[] {
  const reader = new Reader(payload);
  if (!reader.isAscii && LONE_SURROGATE.test(payload.text)) {
    throw new CodeError('QR_TEXT_MALFORMED', 'half a surrogate pair');
  }
  const objects: DataObject[] = [];
  const fault = reader.read('payload', objects, { start: 0, end: payload.length });
  if (fault) throw reader.error(fault, '');
  return objects;
}

/**
 * Reads the objects inside one value, or `undefined` when the value is not made of data objects.
 *
 * @throws CodeError QR_OBJECT_DUPLICATE
 */
export function readValueObjects(text: string, prefix = ''): PrimitiveObject[] | undefined {
  const bytes = utf8Of(text);
  const reader = new Reader(bytes);
  const objects: PrimitiveObject[] = [];
  const fault = reader.read('value', objects, { start: 0, end: bytes.length });
  if (fault === 'QR_OBJECT_DUPLICATE') throw reader.error(fault, prefix);
  return fault || text === '' ? undefined : objects;
}

/** Positions count bytes. */
interface Range {
  readonly start: number;
  readonly end: number;
}

type Fault = 'QR_OBJECT_TRUNCATED' | 'QR_OBJECT_DUPLICATE' | 'QR_OBJECT_MALFORMED';

/** Real state: where the last fault was met. Faults inside a value are common and must cost nothing. */
class Reader {
  readonly isAscii: boolean;
  private readonly text: string;
  private readonly bytes: Uint8Array;
  /** How many bytes more than UTF-16 units there are before where it reads. */
  private lag = 0;
  private faultAt = 0;
  private faultPath = '';

  constructor({ text, bytes, length }: Utf8Text) {
    this.text = text;
    this.bytes = bytes;
    this.isAscii = length === text.length;
  }

  /** Only a payload's own values may be templates. */
  read(level: 'payload' | 'value', into: DataObject[], range: Range): Fault | undefined {
    const { bytes } = this;
    const limit = range.end;
    let highest = -1;
    for (let at = range.start; at < limit; ) {
      if (at + 4 > limit) return this.fault('QR_OBJECT_TRUNCATED', at - this.lag, '');
      const id = twoDigits(bytes, at);
      const length = twoDigits(bytes, at + 2);
      if (id < 0 || length < 0) return this.fault('QR_OBJECT_MALFORMED', at - this.lag, '');
      const name = ids[id] as string;
      const start = at + 4;
      const { lag } = this;
      const end = this.isAscii ? start + length : this.skip(start, length);
      if (end > limit) return this.fault('QR_OBJECT_TRUNCATED', at - lag, name);
      // Ids mostly ascend, and then none can repeat.
      if (id > highest) highest = id;
      else if (holds(into, name)) return this.fault('QR_OBJECT_DUPLICATE', at - lag, name);
      if (level === 'payload' && length > 0 && isTemplateId(id)) {
        const lagBehind = this.lag;
        this.lag = lag;
        const objects: PrimitiveObject[] = [];
        const fault = this.read('value', objects, { start, end });
        this.lag = lagBehind;
        if (fault === 'QR_OBJECT_DUPLICATE') {
          this.faultPath = `${name}.${this.faultPath}`;
          return fault;
        }
        into.push(fault ? { id: name, value: this.cut(start - lag, end) } : { id: name, objects });
      } else {
        into.push({ id: name, value: this.cut(start - lag, end) });
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

  private cut(startUnit: number, end: number): string {
    return this.text.slice(startUnit, end - this.lag);
  }

  /** Steps over characters: four bytes stand for two units, fewer for one. */
  private skip(start: number, count: number): number {
    let at = start;
    for (let left = count; left > 0; left--) {
      const lead = this.bytes[at] as number;
      const size = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
      at += size;
      this.lag += size < 4 ? size - 1 : 2;
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
  const tens = id.charCodeAt(0) - 48;
  const ones = id.charCodeAt(1) - 48;
  const isNumber = id.length === 2 && tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9;
  return isNumber ? tens * 10 + ones : -1;
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
export function writeObjects(objects: readonly DataObject[]): string {
  return write(objects, '').text;
}

/** Lengths are added up, as counting the characters of a text just put together is slow. */
function write(objects: readonly DataObject[], prefix: string): { text: string; length: number } {
  let text = '';
  let total = 0;
  let last = -1;
  for (const object of objects) {
    const { id } = object;
    const number = idNumber(id);
    if (number < 0) throw failure('QR_OBJECT_MALFORMED', prefix + id);
    if (number <= last) assertOnce(objects, object, prefix);
    last = number;
    const inner = 'objects' in object ? write(object.objects, `${prefix}${id}.`) : undefined;
    const value = inner ? inner.text : (object as PrimitiveObject).value;
    const length = inner ? inner.length : codePoints(value);
    if (length > 99) throw failure('QR_OBJECT_TOO_LONG', prefix + id);
    text += id + ids[length] + value;
    total += length + 4;
  }
  return { text, length: total };
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
