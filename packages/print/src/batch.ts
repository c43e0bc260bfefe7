import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { recognize, signedPart } from '@barlink/codes';
import { type Journal, measureCsv, openJournal, writeRejected } from './batch-journal.ts';
import {
  type BadRow,
  type BatchHeading,
  findBadRow,
  languageOf,
  payloadOf,
  type Row,
  readBatchHeading,
  readRow,
} from './batch-row.ts';
import { drawCard } from './card.ts';
import { type CsvLine, readCsv } from './csv.ts';
import { drawLabels, type LabelOptions } from './labels.ts';
import { type Logo, readLogo } from './logo.ts';
import type { Printout } from './page.ts';
import { writePdf } from './pdf.ts';
import { writePng } from './png.ts';
import { drawPoster, type PosterOptions } from './poster.ts';
import { assertNoWarnings, PrintError } from './print-error.ts';
import type { Sign } from './sign.ts';
import { writeSvg } from './svg.ts';

/** What a batch draws for each merchant. */
export type BatchForm =
  | ({ readonly form: 'poster' } & PosterOptions)
  | ({ readonly form: 'card' } & PosterOptions)
  | ({ readonly form: 'labels' } & LabelOptions);

/** What a batch is. */
export interface BatchOptions {
  /** UTF-8, a heading of `batchColumns`, a merchant on each line. */
  readonly csvPath: string;
  /** Where the files go, with `printed.jsonl` (line, file, payload) and `rejected.csv`. */
  readonly folder: string;
  readonly draw: BatchForm;
  /** `pdf` when left out. */
  readonly format?: 'pdf' | 'svg' | 'png';
  /** For `png`; 300 when left out. */
  readonly dpi?: number;
  /** The last word on a payload: signing it, say. */
  readonly finish?: (payload: string) => Promise<string>;
  /** Gives an id to lines that have no `codeId`. */
  readonly newCodeId?: () => string;
  /** A line with a warning is printed, or left out as a bad one; `print` when left out. */
  readonly onWarning?: 'print' | 'leave-out';
  readonly onProgress?: (progress: BatchProgress) => void;
  /** Stops between two lines; the same call goes on later. */
  readonly signal?: AbortSignal;
}

/** How far a batch is. */
export interface BatchProgress {
  /** Lines below the heading. */
  readonly total: number;
  /** Printed now. */
  readonly printed: number;
  /** Printed by an earlier run. */
  readonly skipped: number;
  readonly bad: number;
}

/** How a batch ended. */
export interface BatchResult extends BatchProgress {
  /** True when the signal stopped it: lines are left. */
  readonly isStopped: boolean;
  /** The lines left out, in order. */
  readonly badRows: readonly BadRow[];
  /** Lines that were printed and had better been looked at, in order; printed now, not before. */
  readonly warnings: readonly BadRow[];
}

/**
 * Prints a file for every merchant of a CSV. A line that is wrong is left out and reported; the others are
 * not touched by it. Killed at any moment, the same call goes on where it was: a file is there whole or not
 * at all.
 *
 * @throws PrintError of the heading PRINT_CSV_MALFORMED, PRINT_CSV_COLUMN_MISSING,
 *   PRINT_CSV_COLUMN_UNKNOWN; PRINT_BATCH_MISMATCH when the folder holds another batch; PRINT_OPTION_INVALID
 */
export async function printBatch(options: BatchOptions): Promise<BatchResult> {
  const { csvPath, folder, newCodeId, onProgress, signal } = options;
  const { digest, rows } = await measureCsv(csvPath);
  const lines = readCsv(createReadStream(csvPath) as AsyncIterable<Uint8Array>);
  const first = (await lines.next()).value as CsvLine | undefined;
  const heading = readBatchHeading(first, { makesCodeIds: newCodeId !== undefined });
  const journal = await openJournal(folder, { csv: digest, look: lookDigest(options) });
  const run = createRun(options, { heading, journal });
  let skipped = 0;
  const progress = () => ({ total: rows, printed: run.printed(), skipped, bad: run.badRows.length });
  try {
    for await (const line of lines) {
      if (signal?.aborted) {
        break;
      }
      if (journal.printed.has(line.line)) {
        skipped += 1;
      } else {
        await run.print(line);
      }
      onProgress?.(progress());
    }
  } finally {
    await journal.close();
  }
  await writeRejected(folder, run.badRows);
  const { badRows, warnings } = run;
  return { ...progress(), isStopped: signal?.aborted === true, badRows, warnings };
}

interface Run {
  readonly badRows: readonly BadRow[];
  readonly warnings: readonly BadRow[];
  printed(): number;
  print(line: CsvLine): Promise<void>;
}

function createRun(
  options: BatchOptions,
  { heading, journal }: { readonly heading: BatchHeading; readonly journal: Journal },
): Run {
  const badRows: BadRow[] = [];
  const warnings: BadRow[] = [];
  const payloads = new Map([...journal.printed.values()].map(({ payload, line }) => [keyOf(payload), line]));
  const logos = new Map<string, Logo>();
  let printed = 0;
  return {
    badRows,
    warnings,
    printed: () => printed,
    async print(line) {
      try {
        const row = readRow(line, heading);
        const unfinished = payloadOf(row, options.newCodeId);
        const payload = row.payload === undefined ? await finish(options, unfinished) : unfinished;
        const earlier = payloads.get(keyOf(unfinished));
        if (earlier !== undefined) {
          throw new PrintError('PRINT_ROW_DUPLICATE', `Line ${earlier} has the same code.`);
        }
        const sign = await signOf(row, { payload, logos, folder: dirname(resolve(options.csvPath)) });
        const printout = draw(sign, { row, options });
        if (options.onWarning === 'leave-out') {
          assertNoWarnings(printout);
        }
        await journal.add(
          { line: line.line, file: fileOf(line.line, { row, options }), payload },
          await write(printout, options),
        );
        payloads.set(keyOf(unfinished), line.line);
        printed += 1;
        warnings.push(
          ...printout.warnings.map(({ code, path, message }) => ({
            line: line.line,
            column: path,
            code,
            message,
          })),
        );
      } catch (error) {
        const bad = findBadRow(line.line, error);
        if (bad === undefined) {
          throw error;
        }
        badRows.push(bad);
      }
    },
  };
}

/** Two payloads are one code when they differ in the signature alone. */
function keyOf(payload: string): string {
  return recognize(payload)?.scheme === 'barlink' ? signedPart(payload) : payload;
}

async function finish(options: BatchOptions, payload: string): Promise<string> {
  return options.finish === undefined ? payload : options.finish(payload);
}

interface SignContext {
  readonly payload: string;
  readonly logos: Map<string, Logo>;
  readonly folder: string;
}

async function signOf(row: Row, { payload, logos, folder }: SignContext): Promise<Sign> {
  const logo = row.logo === undefined ? undefined : await openLogo(row.logo, { logos, folder });
  return {
    payload,
    ...(row.name !== undefined && { name: row.name }),
    ...(row.subtitle !== undefined && { subtitle: row.subtitle }),
    ...(logo !== undefined && { logo }),
    ...(row.schemes !== undefined && { schemes: row.schemes.split(/[\s|]+/).filter((name) => name !== '') }),
  };
}

/** A logo below the folder of the CSV, and nowhere else: the CSV may come from anybody. */
async function openLogo(
  name: string,
  { logos, folder }: { readonly logos: Map<string, Logo>; readonly folder: string },
): Promise<Logo> {
  const known = logos.get(name);
  if (known !== undefined) {
    return known;
  }
  const path = resolve(folder, name);
  if (!path.startsWith(folder.endsWith(sep) ? folder : folder + sep)) {
    throw new PrintError('PRINT_LOGO_INVALID', 'The logo is not below the folder of the CSV.', {
      path: 'logo',
    });
  }
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new PrintError('PRINT_LOGO_INVALID', 'The logo cannot be read.', { path: 'logo', cause });
  });
  const logo = readLogo(bytes);
  if (logos.size >= 200) {
    logos.clear();
  }
  logos.set(name, logo);
  return logo;
}

interface RowContext {
  readonly row: Row;
  readonly options: BatchOptions;
}

function draw(sign: Sign, { row, options }: RowContext): Printout {
  const language = languageOf(row);
  const own = { ...(language && { language }), ...(row.color !== undefined && { color: row.color }) };
  const { draw: form } = options;
  switch (form.form) {
    case 'poster':
      return drawPoster(sign, { ...form, ...own });
    case 'card':
      return drawCard(sign, { ...form, ...own });
    case 'labels':
      return drawLabels([sign], { ...form, ...own });
    default:
      return form satisfies never;
  }
}

async function write(
  printout: Printout,
  { format = 'pdf', dpi }: BatchOptions,
): Promise<Uint8Array | string> {
  if (format === 'pdf') {
    return writePdf(printout);
  }
  const [page, ...others] = printout.pages;
  if (page === undefined || others.length > 0) {
    throw new PrintError('PRINT_OPTION_INVALID', 'Only a PDF holds more pages than one.', { path: 'format' });
  }
  const { typeface } = printout;
  return format === 'svg'
    ? writeSvg(page, { typeface })
    : writePng(page, { typeface, ...(dpi !== undefined && { dpi }) });
}

/** Named by line and merchant: no two are the same, and a folder is in the order of its CSV. */
function fileOf(line: number, { row, options }: RowContext): string {
  const merchant = (row.merchantId ?? '').replace(/[^A-Za-z0-9-]/g, '').slice(0, 15);
  const name = [String(line).padStart(6, '0'), merchant].filter((part) => part !== '').join('-');
  return `${name}.${options.format ?? 'pdf'}`;
}

function lookDigest({ draw: form, format = 'pdf', dpi = 300 }: BatchOptions): string {
  const { typeface: _, ...plain } = form;
  const text = JSON.stringify([plain, format, dpi], (_key, value: unknown) =>
    isPlain(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
  );
  return createHash('sha256').update(text).digest('hex');
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
