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
  const reader = new Reader(payload, '');
  if (!reader.isAscii && LONE_SURROGATE.test(payload.text)) {
    throw new CodeError('QR_TEXT_MALFORMED', 'half a surrogate pair');
  }
  const objects: DataObject[] = [];
  reader.read(objects, { start: 0, end: payload.length }, sink);
  return objects;
}

/**
 * Reads the objects inside one value, or `undefined` when the value is not made of data objects.
 *
 * @throws CodeError QR_OBJECT_DUPLICATE
 */
export function readValueObjects(text: string, prefix = ''): PrimitiveObject[] | undefined {
  const bytes = utf8Of(text);
  const objects: PrimitiveObject[] = [];
  const isMade = new Reader(bytes, prefix).read(objects, { start: 0, end: bytes.length });
  return isMade && text !== '' ? objects : undefined;
}

/** Positions count bytes. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** Real state: how far bytes and UTF-16 units are apart where it reads, and which value it is in. */
class Reader {
  readonly isAscii: boolean;
  private readonly text: string;
  private readonly bytes: Uint8Array;
  /** How many bytes more than UTF-16 units there are before where it reads. */
  private lag = 0;
  private prefix: string;

  constructor({ text, bytes, length }: Utf8Text, prefix: string) {
    this.text = text;
    this.bytes = bytes;
    this.isAscii = length === text.length;
    this.prefix = prefix;
  }

  /**
   * Whether there are objects only. A payload, which has a sink, must be made of them, and only its own
   * values may be templates.
   */
  read(into: DataObject[], range: Range, sink?: ObjectSink): boolean {
    const { bytes, isAscii } = this;
    const limit = range.end;
    let highest = -1;
    for (let at = range.start; at < limit; ) {
      const { lag } = this;
      if (at + 4 > limit) return this.fault('QR_OBJECT_TRUNCATED', at - lag, sink);
      const id = twoDigits(bytes, at);
      const length = twoDigits(bytes, at + 2);
      if (id < 0 || length < 0) return this.fault('QR_OBJECT_MALFORMED', at - lag, sink);
      const name = ids[id] as string;
      const start = at + 4;
      const end = isAscii ? start + length : this.skip(start, length);
      if (end > limit) return this.fault('QR_OBJECT_TRUNCATED', at - lag, sink, name);
      // Ids mostly ascend, and then none can repeat.
      if (id > highest) highest = id;
      else if (holds(into, name)) throw this.error('QR_OBJECT_DUPLICATE', at - lag, name);
      const objects =
        sink && length > 0 && isTemplateId(id) ? this.inside(name, { start, end }, lag) : undefined;
      const object = objects
        ? { id: name, objects }
        : { id: name, value: this.text.slice(start - lag, end - this.lag) };
      into.push(object);
      sink?.take(id, object);
      at = end;
    }
    return true;
  }

  /** The objects a value is made of. */
  private inside(id: string, range: Range, lag: number): PrimitiveObject[] | undefined {
    const lagBehind = this.lag;
    this.lag = lag;
    this.prefix = `${id}.`;
    const objects: PrimitiveObject[] = [];
    const isMade = this.read(objects, range);
    this.lag = lagBehind;
    this.prefix = '';
    return isMade ? objects : undefined;
  }

  /** Values that are no objects are common and must cost nothing. */
  private fault(code: CodeErrorCode, offset: number, sink: ObjectSink | undefined, id = ''): false {
    if (sink) throw this.error(code, offset, id);
    return false;
  }

  private error(code: CodeErrorCode, offset: number, id: string): CodeError {
    return failure(code, this.prefix + id, offset);
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

const MESSAGES: Readonly<Record<string, string>> = {
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
