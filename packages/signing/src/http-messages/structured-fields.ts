import { SigningError } from '../signing-error.ts';

/** A bare item of a structured field (RFC 8941), as far as signatures use them. */
export type Bare = string | number | boolean | Uint8Array;

/** Parameters in their order. */
export type Parameters = readonly (readonly [name: string, value: Bare])[];

/** An item of an inner list. */
export interface Item {
  readonly value: string;
  readonly parameters: Parameters;
}

/** A list in parentheses with its parameters. */
export interface InnerList {
  readonly items: readonly Item[];
  readonly parameters: Parameters;
}

/** What stands at a name of a dictionary. */
export type Member = InnerList | Uint8Array;

/**
 * Reads a dictionary of inner lists of strings (`Signature-Input`) or of byte sequences (`Signature`,
 * `Content-Digest`). Stricter than RFC 8941 in one point: a name that occurs twice is refused, not
 * overwritten.
 *
 * @throws {SigningError} `HTTP_SIGNATURE_MALFORMED`
 */
export function parseDictionary(text: string, field: string): ReadonlyMap<string, Member> {
  const reader = new Reader(text.replace(/^ +| +$/g, ''), field);
  const members = new Map<string, Member>();
  while (!reader.isAtEnd) {
    const name = reader.take(/[a-z*][a-z0-9_.*-]*/y);
    reader.expect('=');
    if (members.has(name)) {
      throw reader.fault();
    }
    members.set(name, reader.at('(') ? readInnerList(reader) : readBytes(reader));
    if (!reader.isAtEnd) {
      reader.take(/[ \t]*,[ \t]*/y);
      if (reader.isAtEnd) {
        throw reader.fault();
      }
    }
  }
  return members;
}

/** An inner list in its one spelling. */
export function encodeInnerList({ items, parameters }: InnerList): string {
  return `(${items.map(encodeItem).join(' ')})${encodeParameters(parameters)}`;
}

/** A string with its parameters in its one spelling. */
export function encodeItem({ value, parameters }: Item): string {
  return encodeBare(value) + encodeParameters(parameters);
}

/** Bytes between colons. */
export function encodeBytes(bytes: Uint8Array): string {
  return `:${btoa(String.fromCharCode(...bytes))}:`;
}

function encodeParameters(parameters: Parameters): string {
  return parameters
    .map(([name, value]) => `;${name}${value === true ? '' : `=${encodeBare(value)}`}`)
    .join('');
}

function encodeBare(value: Bare): string {
  if (typeof value === 'string') {
    return `"${value.replaceAll(/[\\"]/g, '\\$&')}"`;
  }
  if (typeof value === 'boolean') {
    return value ? '?1' : '?0';
  }
  return typeof value === 'number' ? String(value) : encodeBytes(value);
}

function readInnerList(reader: Reader): InnerList {
  const items: Item[] = [];
  reader.expect('(');
  reader.take(/ */y);
  while (!reader.at(')')) {
    items.push({ value: readString(reader), parameters: readParameters(reader) });
    if (!reader.at(')')) {
      reader.take(/ +/y);
    }
  }
  reader.expect(')');
  return { items, parameters: readParameters(reader) };
}

function readParameters(reader: Reader): Parameters {
  const parameters: (readonly [string, Bare])[] = [];
  while (reader.at(';')) {
    reader.take(/; */y);
    const name = reader.take(/[a-z*][a-z0-9_.*-]*/y);
    if (parameters.some(([known]) => known === name)) {
      throw reader.fault();
    }
    let value: Bare = true;
    if (reader.at('=')) {
      reader.expect('=');
      value = readBare(reader);
    }
    parameters.push([name, value]);
  }
  return parameters;
}

function readBare(reader: Reader): Bare {
  if (reader.at('"')) {
    return readString(reader);
  }
  if (reader.at(':')) {
    return readBytes(reader);
  }
  return reader.at('?') ? reader.take(/\?[01]/y) === '?1' : Number(reader.take(/-?[0-9]{1,15}(?![0-9.])/y));
}

function readString(reader: Reader): string {
  const text = reader.take(/"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/y);
  return text.slice(1, -1).replaceAll(/\\(["\\])/g, '$1');
}

function readBytes(reader: Reader): Uint8Array {
  const text = reader.take(/:[A-Za-z0-9+/]*={0,2}:/y);
  const bytes = decodeBase64(text.slice(1, -1));
  // One spelling only: full padding, no stray bits.
  if (bytes === undefined || encodeBytes(bytes) !== text) {
    throw reader.fault();
  }
  return bytes;
}

function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

class Reader {
  readonly #text: string;
  readonly #field: string;
  #place = 0;

  constructor(text: string, field: string) {
    this.#text = text;
    this.#field = field;
  }

  get isAtEnd(): boolean {
    return this.#place === this.#text.length;
  }

  at(character: string): boolean {
    return this.#text[this.#place] === character;
  }

  expect(character: string): void {
    if (!this.at(character)) {
      throw this.fault();
    }
    this.#place += 1;
  }

  take(form: RegExp): string {
    form.lastIndex = this.#place;
    const [found] = form.exec(this.#text) ?? [];
    if (found === undefined) {
      throw this.fault();
    }
    this.#place += found.length;
    return found;
  }

  fault(): SigningError {
    return new SigningError('HTTP_SIGNATURE_MALFORMED', `The field breaks off at character ${this.#place}.`, {
      path: this.#field,
    });
  }
}
