/**
 * Array parameters in PostgreSQL's binary form: one value a row, for `unnest`.
 *
 * In text form node-postgres looks through every value for what must be escaped, twice, and PostgreSQL undoes
 * it character by character; `pg` sends a Buffer as binary. The statement casts each: `$1::uuid[]`.
 */

/** A `text[]`; null where there is no value. */
export function textColumn<Row>(
  rows: readonly Row[],
  value: (row: Row) => string | null | undefined,
): Buffer {
  let at = openArray(rows.length, textType);
  for (const row of rows) {
    const text = value(row);
    if (text === null || text === undefined) {
      at = writeNull(at);
      continue;
    }
    // A code unit takes three bytes of UTF-8 at the most.
    makeRoom(at + 4 + text.length * 3);
    const length = scratch.write(text, at + 4, 'utf8');
    scratch.writeInt32BE(length, at);
    at += 4 + length;
  }
  return closeArray(at);
}

/** A `uuid[]`, from lower-case text; null where there is no value. */
export function uuidColumn<Row>(
  rows: readonly Row[],
  value: (row: Row) => string | null | undefined,
): Buffer {
  let at = openArray(rows.length, uuidType);
  for (const row of rows) {
    const id = value(row);
    if (id === null || id === undefined) {
      at = writeNull(at);
      continue;
    }
    makeRoom(at + 4 + uuidBytes);
    scratch.writeInt32BE(uuidBytes, at);
    writeUuid(at + 4, id);
    at += 4 + uuidBytes;
  }
  return closeArray(at);
}

/** A `timestamptz[]`. */
export function timestampColumn<Row>(rows: readonly Row[], value: (row: Row) => Date): Buffer {
  let at = openArray(rows.length, timestampType);
  for (const row of rows) {
    makeRoom(at + 4 + timestampBytes);
    scratch.writeInt32BE(timestampBytes, at);
    const microseconds = (value(row).getTime() - epochMs) * 1000;
    scratch.writeInt32BE(Math.floor(microseconds / 2 ** 32), at + 4);
    scratch.writeUInt32BE(microseconds >>> 0, at + 8);
    at += 4 + timestampBytes;
  }
  return closeArray(at);
}

/** Whole numbers in text form, where nothing needs an escape: a `smallint[]` or a `bigint[]`. */
export function numberColumn<Row>(rows: readonly Row[], value: (row: Row) => number | bigint): string {
  let text = '{';
  for (const row of rows) {
    text += text.length === 1 ? value(row) : `,${value(row)}`;
  }
  return `${text}}`;
}

// Types of pg_type; dimensions, whether there are nulls, type, length and first index stand before the
// values.
const textType = 25;
const uuidType = 2950;
const timestampType = 1184;
const headerBytes = 20;
const emptyHeaderBytes = 12;
const uuidBytes = 16;
const timestampBytes = 8;
/** PostgreSQL counts from 2000. */
const epochMs = Date.UTC(2000, 0);

/** Where an array is put together; what is sent is a copy of its own. */
let scratch = Buffer.allocUnsafeSlow(64 * 1024);
/** The largest that is kept between arrays. */
const scratchKeptMax = 4 * 1024 * 1024;

function makeRoom(bytes: number): void {
  if (bytes > scratch.length) {
    const larger = Buffer.allocUnsafeSlow(bytes * 2);
    scratch.copy(larger);
    scratch = larger;
  }
}

/** @returns where the first value goes */
function openArray(length: number, type: number): number {
  scratch.writeInt32BE(length === 0 ? 0 : 1, 0);
  scratch.writeInt32BE(0, 4);
  scratch.writeInt32BE(type, 8);
  if (length === 0) {
    return emptyHeaderBytes;
  }
  scratch.writeInt32BE(length, 12);
  scratch.writeInt32BE(1, 16);
  return headerBytes;
}

function writeNull(at: number): number {
  makeRoom(at + 4);
  scratch.writeInt32BE(1, 4);
  scratch.writeInt32BE(-1, at);
  return at + 4;
}

function closeArray(end: number): Buffer {
  const array = Buffer.allocUnsafe(end);
  scratch.copy(array, 0, 0, end);
  if (scratch.length > scratchKeptMax) {
    scratch = Buffer.allocUnsafeSlow(64 * 1024);
  }
  return array;
}

/** Where in the text of a UUID the hexadecimal pairs stand. */
const pairs = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const;
const uuidText = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function writeUuid(at: number, id: string): void {
  if (!uuidText.test(id)) {
    throw new TypeError(`not a UUID in lower case: ${id.slice(0, 40)}`);
  }
  for (let index = 0; index < uuidBytes; index += 1) {
    const pair = pairs[index] ?? 0;
    scratch[at + index] = (digit(id.charCodeAt(pair)) << 4) | digit(id.charCodeAt(pair + 1));
  }
}

/** The value of a lower-case hexadecimal digit, from its character code. */
function digit(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}
