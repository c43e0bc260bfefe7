import { isReason, type Money, ProtocolError, parseMoney, type Reason } from '@barlink/protocol';

/** The members of one JSON object, read one by one with the place of each for errors. */
export interface Members {
  text(name: string): string;
  optionalText(name: string): string | undefined;
  instant(name: string): Date;
  optionalInstant(name: string): Date | undefined;
  /** A decimal integer in a string, any sign. */
  integer(name: string): bigint;
  money(name: string): Money;
  optionalMoney(name: string): Money | undefined;
  reason(name: string): Reason;
  optionalReason(name: string): Reason | undefined;
  /** A JSON number without a fraction. */
  count(name: string): number;
  optionalCount(name: string): number | undefined;
  optionalFlag(name: string): boolean | undefined;
  oneOf<const T extends string>(name: string, allowed: readonly T[]): T;
  texts(name: string): readonly string[];
  /** A list of anything. */
  values(name: string): readonly unknown[];
  object(name: string): Members;
  optionalObject(name: string): Members | undefined;
  objects(name: string): readonly Members[];
  /** Empty when there is none. */
  optionalObjects(name: string): readonly Members[];
  optionalTexts(name: string): readonly string[] | undefined;
}

/**
 * Opens a parsed JSON value for reading; members nobody asks for are left alone, so that a newer switch may
 * add some.
 *
 * @throws {ProtocolError} `MESSAGE_SHAPE_INVALID` with the JSON pointer of what is missing or of another type
 */
export function readMembers(value: unknown, path = ''): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong('an object', path);
  }
  return new ObjectMembers(value as Readonly<Record<string, unknown>>, path);
}

class ObjectMembers implements Members {
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(value: Readonly<Record<string, unknown>>, path: string) {
    this.#value = value;
    this.#path = path;
  }

  text(name: string): string {
    const value = this.#get(name);
    if (typeof value !== 'string') {
      throw wrong('a string', this.#at(name));
    }
    return value;
  }

  optionalText(name: string): string | undefined {
    return this.#get(name) === undefined ? undefined : this.text(name);
  }

  instant(name: string): Date {
    const instant = new Date(this.text(name));
    if (Number.isNaN(instant.getTime())) {
      throw wrong('an instant', this.#at(name));
    }
    return instant;
  }

  optionalInstant(name: string): Date | undefined {
    return this.#get(name) === undefined ? undefined : this.instant(name);
  }

  integer(name: string): bigint {
    const text = this.text(name);
    if (!/^-?\d{1,40}$/.test(text)) {
      throw wrong('an integer', this.#at(name));
    }
    return BigInt(text);
  }

  money(name: string): Money {
    const wire = this.object(name);
    return parseMoney({ currency: wire.text('currency'), minor: wire.text('minor') }, this.#at(name));
  }

  optionalMoney(name: string): Money | undefined {
    return this.#get(name) === undefined ? undefined : this.money(name);
  }

  reason(name: string): Reason {
    const text = this.text(name);
    if (!isReason(text)) {
      throw wrong('a reason', this.#at(name));
    }
    return text;
  }

  optionalReason(name: string): Reason | undefined {
    return this.#get(name) === undefined ? undefined : this.reason(name);
  }

  count(name: string): number {
    const value = this.#get(name);
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
      throw wrong('a whole number', this.#at(name));
    }
    return value;
  }

  optionalCount(name: string): number | undefined {
    return this.#get(name) === undefined ? undefined : this.count(name);
  }

  optionalFlag(name: string): boolean | undefined {
    const value = this.#get(name);
    if (value !== undefined && typeof value !== 'boolean') {
      throw wrong('true or false', this.#at(name));
    }
    return value;
  }

  oneOf<const T extends string>(name: string, allowed: readonly T[]): T {
    const found = allowed.find((candidate) => candidate === this.#get(name));
    if (found === undefined) {
      throw wrong(`one of ${allowed.join(', ')}`, this.#at(name));
    }
    return found;
  }

  texts(name: string): readonly string[] {
    return this.values(name).map((item, index) => {
      if (typeof item !== 'string') {
        throw wrong('a string', `${this.#at(name)}/${index}`);
      }
      return item;
    });
  }

  object(name: string): Members {
    return readMembers(this.#get(name), this.#at(name));
  }

  optionalObject(name: string): Members | undefined {
    return this.#get(name) === undefined ? undefined : this.object(name);
  }

  objects(name: string): readonly Members[] {
    return this.values(name).map((item, index) => readMembers(item, `${this.#at(name)}/${index}`));
  }

  optionalObjects(name: string): readonly Members[] {
    return this.#get(name) === undefined ? [] : this.objects(name);
  }

  optionalTexts(name: string): readonly string[] | undefined {
    return this.#get(name) === undefined ? undefined : this.texts(name);
  }

  values(name: string): readonly unknown[] {
    const value = this.#get(name);
    if (!Array.isArray(value)) {
      throw wrong('a list', this.#at(name));
    }
    return value;
  }

  #get(name: string): unknown {
    return Object.hasOwn(this.#value, name) ? this.#value[name] : undefined;
  }

  #at(name: string): string {
    return `${this.#path}/${name}`;
  }
}

function wrong(expected: string, path: string): ProtocolError {
  return new ProtocolError('MESSAGE_SHAPE_INVALID', `The message should have ${expected} here.`, { path });
}

/** An object without the members whose value is undefined. */
export function present<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const found: Partial<T> = {};
  for (const name of Object.keys(value) as (keyof T)[]) {
    if (value[name] !== undefined) {
      found[name] = value[name];
    }
  }
  return found as { [K in keyof T]: Exclude<T[K], undefined> };
}
