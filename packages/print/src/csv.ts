import { PrintError } from './print-error.ts';

/** A record of a CSV: one line. `line` counts from 1, the heading included. */
export interface CsvLine {
  readonly line: number;
  /** Trimmed; undefined when the line cannot be read. */
  readonly fields: readonly string[] | undefined;
  /** Why not. */
  readonly problem?: string;
}

const lineBytesMax = 65_536;
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads CSV (RFC 4180) with commas, semicolons or tabs, whichever the heading has. A field in quotes may
 * hold the separator and doubled quotes, but no line end: a forgotten quote costs one line, not all that
 * follow.
 */
export async function* readCsv(source: AsyncIterable<Uint8Array>): AsyncGenerator<CsvLine> {
  let separator: string | undefined;
  let line = 0;
  for await (const bytes of splitLines(source)) {
    line += 1;
    const text = decodeLine(bytes);
    if (text === undefined) {
      yield { line, fields: undefined, problem: 'The line is not UTF-8, or longer than 64 KiB.' };
      continue;
    }
    const body = line === 1 ? text.replace(/^\ufeff/, '') : text;
    if (body.trim() === '') {
      continue;
    }
    separator ??= separatorOf(body);
    const fields = splitFields(body, separator);
    yield fields === undefined
      ? { line, fields, problem: 'A quote is not closed, or something follows a closed one.' }
      : { line, fields };
  }
}

/**
 * Reads the heading: the columns by name, whatever their order and letter case.
 *
 * @throws PrintError PRINT_CSV_MALFORMED, PRINT_CSV_COLUMN_UNKNOWN, PRINT_CSV_COLUMN_MISSING
 */
export function readHeading(
  heading: CsvLine | undefined,
  known: readonly string[],
): ReadonlyMap<string, number> {
  if (heading?.fields === undefined) {
    throw new PrintError('PRINT_CSV_MALFORMED', heading?.problem ?? 'The CSV is empty.', { path: '1' });
  }
  const names = new Map(known.map((name) => [name.toLowerCase(), name]));
  const columns = new Map<string, number>();
  heading.fields.forEach((field, index) => {
    const name = names.get(field.toLowerCase().replace(/[ _-]/g, ''));
    if (name === undefined) {
      const message = `No column is called ${JSON.stringify(field)}. Known: ${known.join(', ')}.`;
      throw new PrintError('PRINT_CSV_COLUMN_UNKNOWN', message, { path: `${heading.line}:${field}` });
    }
    if (columns.has(name)) {
      throw new PrintError('PRINT_CSV_COLUMN_MISSING', `The column ${name} is there twice.`, {
        path: `${heading.line}:${name}`,
      });
    }
    columns.set(name, index);
  });
  return columns;
}

async function* splitLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of source) {
    rest = Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, from)) {
      yield rest.subarray(from, end);
      from = end + 1;
    }
    rest = rest.subarray(from);
  }
  if (rest.length > 0) {
    yield rest;
  }
}

function decodeLine(bytes: Buffer): string | undefined {
  if (bytes.length > lineBytesMax) {
    return undefined;
  }
  try {
    return decoder.decode(bytes).replace(/\r$/, '');
  } catch {
    return undefined;
  }
}

function separatorOf(heading: string): string {
  const counts = [',', ';', '\t'].map((each) => ({ each, count: heading.split(each).length }));
  return counts.reduce((best, other) => (other.count > best.count ? other : best)).each;
}

function splitFields(text: string, separator: string): readonly string[] | undefined {
  const fields: string[] = [];
  let at = 0;
  while (at <= text.length) {
    if (text[at] !== '"') {
      const end = text.indexOf(separator, at);
      const stop = end < 0 ? text.length : end;
      fields.push(text.slice(at, stop).trim());
      at = stop + 1;
      continue;
    }
    const end = closingQuote(text, at + 1);
    if (end === undefined || (end + 1 < text.length && text[end + 1] !== separator)) {
      return undefined;
    }
    fields.push(
      text
        .slice(at + 1, end)
        .replaceAll('""', '"')
        .trim(),
    );
    at = end + 2;
  }
  return fields;
}

function closingQuote(text: string, from: number): number | undefined {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) {
    if (text[at + 1] !== '"') {
      return at;
    }
  }
  return undefined;
}
