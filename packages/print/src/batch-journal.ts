import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BadRow } from './batch-row.ts';
import { PrintError } from './print-error.ts';

/** A line that was printed: what a batch remembers, and what its user keeps as the list of codes in use. */
export interface PrintedRow {
  readonly line: number;
  readonly file: string;
  readonly payload: string;
}

/** The memory of a batch: a line of JSON for each file that is complete. */
export interface Journal {
  /** What earlier runs have printed, by line. */
  readonly printed: ReadonlyMap<number, PrintedRow>;
  /** Writes a file whole, then remembers it: killed between the two, a batch makes it again. */
  add(row: PrintedRow, bytes: Uint8Array | string): Promise<void>;
  close(): Promise<void>;
}

/** What makes two runs one batch. */
export interface BatchIdentity {
  /** SHA-256 of the CSV. */
  readonly csv: string;
  /** SHA-256 of how it is drawn. */
  readonly look: string;
}

/** The list of what was printed, in the folder of a batch. */
export const journalName = 'printed.jsonl';
/** The list of what was left out. */
export const rejectedName = 'rejected.csv';

/**
 * Opens the journal of a folder, or begins one.
 *
 * @throws PrintError PRINT_BATCH_MISMATCH
 */
export async function openJournal(folder: string, identity: BatchIdentity): Promise<Journal> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, journalName);
  const printed = await readJournal(path, identity);
  const handle = await open(path, 'a');
  if (printed === undefined) {
    await handle.write(`${JSON.stringify({ barlinkBatch: 1, ...identity })}\n`);
  } else {
    await repairEnd(path, handle);
  }
  return {
    printed: printed ?? new Map(),
    async add(row, bytes) {
      const target = join(folder, row.file);
      await writeFile(`${target}.part`, bytes);
      await rename(`${target}.part`, target);
      await handle.write(`${JSON.stringify(row)}\n`);
    },
    close: () => handle.close(),
  };
}

/** Writes what was left out, for whoever has to mend it. */
export async function writeRejected(folder: string, rows: readonly BadRow[]): Promise<void> {
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const lines = rows.map(({ line, column = '', code, message }) =>
    [String(line), quote(column), code, quote(message)].join(','),
  );
  await writeFile(
    join(folder, rejectedName),
    `line,column,code,message\n${lines.map((each) => `${each}\n`).join('')}`,
  );
}

/** The digest of a CSV, and how many lines it has below the heading. */
export async function measureCsv(path: string): Promise<{ readonly digest: string; readonly rows: number }> {
  const hash = createHash('sha256');
  let rows = 0;
  let isBlank = true;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    for (const byte of chunk) {
      if (byte === 10) {
        rows += isBlank ? 0 : 1;
        isBlank = true;
      } else if (byte !== 13 && byte !== 32 && byte !== 9) {
        isBlank = false;
      }
    }
  }
  return { digest: hash.digest('hex'), rows: Math.max(0, rows + (isBlank ? 0 : 1) - 1) };
}

async function readJournal(
  path: string,
  identity: BatchIdentity,
): Promise<ReadonlyMap<number, PrintedRow> | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  // What a killed run began to write and did not end is no line.
  const [head, ...lines] = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  if (head === undefined || head === '') {
    return undefined;
  }
  const { csv, look } = parseLine<Partial<BatchIdentity>>(head);
  if (csv !== identity.csv || look !== identity.look) {
    const what = csv === identity.csv ? 'the same CSV drawn in another way' : 'another CSV';
    const message = `The folder holds a batch of ${what}. Take a new folder, or delete ${journalName} in it.`;
    throw new PrintError('PRINT_BATCH_MISMATCH', message, { path: 'folder' });
  }
  return new Map(
    lines
      .filter((line) => line !== '')
      .map((line) => parseLine<PrintedRow>(line))
      .map((row) => [row.line, row]),
  );
}

function parseLine<T>(line: string): T {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new PrintError('PRINT_BATCH_MISMATCH', `${journalName} is not one of a batch.`, {
      path: 'folder',
      cause,
    });
  }
}

async function repairEnd(path: string, handle: FileHandle): Promise<void> {
  const bytes = await readFile(path);
  const end = bytes.lastIndexOf(10) + 1;
  if (end < bytes.length) {
    await handle.truncate(end);
  }
}
