import { CodeError, encodeMerchantCode, type MerchantCode } from '@barlink/codes';
import type { CsvLine } from './csv.ts';
import { readHeading } from './csv.ts';
import { PrintError } from './print-error.ts';
import type { Language } from './words.ts';

/** Every column a batch reads, in the order of the documentation. */
export const batchColumns = [
  'payload',
  'acquirer',
  'merchantId',
  'codeId',
  'payee',
  'city',
  'category',
  'country',
  'currency',
  'amount',
  'reference',
  'name',
  'subtitle',
  'logo',
  'schemes',
  'language',
  'color',
] as const;

/** A column of a batch. */
export type BatchColumn = (typeof batchColumns)[number];

/** The columns that make a unified code where there is no `payload`. */
const codeColumns = ['acquirer', 'merchantId', 'payee', 'city', 'category', 'country', 'currency'] as const;

/** A line of a batch that was not printed, and why. */
export interface BadRow {
  /** From 1, the heading included. */
  readonly line: number;
  /** The column, where one is to blame. */
  readonly column: string | undefined;
  /** A `PrintErrorCode` or a `CodeErrorCode` of `@barlink/codes`. */
  readonly code: string;
  readonly message: string;
}

/** What a line says, by column; a column that is empty or not there is undefined. */
export type Row = Readonly<Partial<Record<BatchColumn, string>>>;

/** The heading of a batch, checked. */
export interface BatchHeading {
  readonly columns: ReadonlyMap<string, number>;
}

/**
 * Reads the heading of a batch.
 *
 * @throws PrintError PRINT_CSV_MALFORMED, PRINT_CSV_COLUMN_UNKNOWN, PRINT_CSV_COLUMN_MISSING
 */
export function readBatchHeading(
  line: CsvLine | undefined,
  { makesCodeIds }: { readonly makesCodeIds: boolean },
): BatchHeading {
  const columns = readHeading(line, batchColumns);
  if (columns.has('payload')) {
    return { columns };
  }
  const needed = makesCodeIds ? codeColumns : [...codeColumns, 'codeId'];
  const missing = needed.filter((name) => !columns.has(name));
  if (missing.length > 0) {
    const message = `Without a column payload, these are needed too: ${missing.join(', ')}.`;
    throw new PrintError('PRINT_CSV_COLUMN_MISSING', message, { path: `1:${missing[0]}` });
  }
  return { columns };
}

/**
 * The fields of a line by column.
 *
 * @throws PrintError PRINT_CSV_MALFORMED
 */
export function readRow({ fields, problem }: CsvLine, { columns }: BatchHeading): Row {
  if (fields === undefined) {
    throw new PrintError('PRINT_CSV_MALFORMED', problem ?? 'The line cannot be read.');
  }
  if (fields.length !== columns.size) {
    const message = `The line has ${fields.length} fields, the heading ${columns.size}.`;
    throw new PrintError('PRINT_CSV_MALFORMED', message);
  }
  const row: Partial<Record<string, string>> = {};
  for (const [name, index] of columns) {
    const field = fields[index];
    if (field !== undefined && field !== '') {
      row[name] = field;
    }
  }
  return row;
}

/**
 * The text of a line's code: as given, or a unified code made of its columns.
 *
 * @throws CodeError what is wrong with a column
 */
export function payloadOf(row: Row, newCodeId: (() => string) | undefined): string {
  if (row.payload !== undefined) {
    return row.payload;
  }
  const code: Partial<Record<keyof MerchantCode, string>> = {
    acquirer: row.acquirer ?? '',
    merchantId: row.merchantId ?? '',
    codeId: row.codeId ?? newCodeId?.() ?? '',
    name: row.payee ?? '',
    city: row.city ?? '',
    category: row.category ?? '',
    country: row.country ?? '',
    currency: row.currency ?? '',
    mode: row.amount === undefined ? 'static' : 'dynamic',
    ...(row.amount !== undefined && { amount: row.amount }),
    ...(row.reference !== undefined && { reference: row.reference }),
  };
  return encodeMerchantCode(code as MerchantCode);
}

/**
 * The language of a line.
 *
 * @throws PrintError PRINT_OPTION_INVALID
 */
export function languageOf({ language }: Row): Language | undefined {
  if (language === undefined || language === 'zh' || language === 'en' || language === 'zh-en') {
    return language;
  }
  throw new PrintError('PRINT_OPTION_INVALID', 'The language is none of zh, en and zh-en.', {
    path: 'language',
  });
}

/** What keeps a line from being printed, from what was thrown; undefined when it is a fault of ours. */
export function findBadRow(line: number, error: unknown): BadRow | undefined {
  if (error instanceof CodeError) {
    // The payee of the CSV is the name in the code.
    const column = error.path === 'name' ? 'payee' : error.path;
    return { line, column, code: error.code, message: error.message };
  }
  if (error instanceof PrintError) {
    return { line, column: error.path, code: error.code, message: error.message };
  }
  return undefined;
}
