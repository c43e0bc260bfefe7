/**
 * Array parameters in PostgreSQL's binary form: one value a row, for `unnest`.
 *
 * In text form node-postgres looks through every value for what must be escaped, twice, and PostgreSQL undoes
 * it character by character; `pg` sends a Buffer as binary. The statement casts each: `$1::uuid[]`.
 */

import { writeUuid } from '@barlink/protocol';

/** A `text[]`; null where there is no value. */
export function textColumn<Row>(
  rows: readonly Row[],
  value: (row: Row) => string | null | undefined,
): Buffer {
  return encodeColumn(rows, { type: textType, value, write: writeText });
}

/** A `uuid[]`, from lower-case text; null where there is no value. */
export function uuidColumn<Row>(
  rows: readonly Row[],
  value: (row: Row) => string | null | undefined,
): Buffer {
  return encodeColumn(rows, { type: uuidType, value, write: writeUuidText });
}

/** A `timestamptz[]`. */
export function timestampColumn<Row>(rows: readonly Row[], value: (row: Row) => Date): Buffer {
  return encodeColumn(rows, { type: timestampType, value, write: writeInstant });
}

/** Whole numbers in text form, where nothing needs an escape: a `smallint[]` or a `bigint[]`. */
export function numberColumn<Row>(rows: readonly Row[], value: (row: Row) => number | bigint): string {
  return `{${rows.map((row) => value(row)).join(',')}}`;
}

/** `write` puts a value into `scratch` at a place and tells its length. */
function encodeColumn<Row, Value>(
  rows: readonly Row[],
  column: {
    readonly type: number;
    readonly value: (row: Row) => Value | null | undefined;
    readonly write: (value: Value, at: number) => number;
  },
): Buffer {
  const { type, value, write } = column;
  let at = openArray(rows.length, type);
  for (const row of rows) {
    const given = value(row);
    makeRoom(at + 4);
    if (given === null || given === undefined) {
      scratch.writeInt32BE(1, hasNullsAt);
      scratch.writeInt32BE(-1, at);
      at += 4;
    } else {
      const length = write(given, at + 4);
      scratch.writeInt32BE(length, at);
      at += 4 + length;
    }
  }
  return closeArray(at);
}

function writeText(text: string, at: number): number {
  // A code unit takes three bytes of UTF-8 at the most.
  makeRoom(at + text.length * 3);
  return scratch.write(text, at, 'utf8');
}

function writeUuidText(id: string, at: number): number {
  if (!uuidText.test(id)) {
    throw new TypeError(`not a UUID in lower case: ${id.slice(0, 40)}`);
  }
  makeRoom(at + uuidBytes);
  writeUuid(scratch, at, id);
  return uuidBytes;
}

function writeInstant(instant: Date, at: number): number {
  makeRoom(at + timestampBytes);
  const microseconds = (instant.getTime() - epochMs) * 1000;
  scratch.writeInt32BE(Math.floor(microseconds / 2 ** 32), at);
  scratch.writeUInt32BE(microseconds >>> 0, at + 4);
  return timestampBytes;
}

// Types of pg_type; dimensions, whether there are nulls, type, length and first index stand before the
// values.
const textType = 25;
const uuidType = 2950;
const timestampType = 1184;
const hasNullsAt = 4;
const headerBytes = 20;
const emptyHeaderBytes = 12;
const uuidBytes = 16;
const timestampBytes = 8;
/** PostgreSQL counts from 2000. */
const epochMs = Date.UTC(2000, 0);
const uuidText = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

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
  scratch.writeInt32BE(0, hasNullsAt);
  scratch.writeInt32BE(type, 8);
  if (length === 0) {
    return emptyHeaderBytes;
  }
  scratch.writeInt32BE(length, 12);
  scratch.writeInt32BE(1, 16);
  return headerBytes;
}

function closeArray(end: number): Buffer {
  const array = Buffer.allocUnsafe(end);
  scratch.copy(array, 0, 0, end);
  if (scratch.length > scratchKeptMax) {
    scratch = Buffer.allocUnsafeSlow(64 * 1024);
  }
  return array;
}
