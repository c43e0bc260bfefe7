import {
  type BatchForm,
  type BatchProgress,
  type BatchResult,
  batchColumns,
  printBatch,
} from '@barlink/print';
import { signCode } from '@barlink/signing';
import { type Command, Option } from 'commander';
import { CliError } from './cli-error.ts';
import { type Action, newCodeId } from './code-commands.ts';
import { exitCodes } from './exit-code.ts';
import { colorsOf, type Io, print, printJson } from './io.ts';
import { readSigningKey } from './key-commands.ts';
import type { PrintOptions } from './print-commands.ts';
import { createProgressBar } from './progress-bar.ts';

interface BatchOptions extends PrintOptions {
  readonly form: BatchForm['form'];
  readonly format: 'pdf' | 'svg' | 'png';
  readonly key?: string;
  readonly newCodeIds?: true;
}

/** What the command shares with its siblings. */
export interface BatchContext {
  readonly io: Io;
  readonly end: Action;
  readonly withLook: (command: Command) => Command;
  readonly labelLookOf: (options: PrintOptions) => Omit<Extract<BatchForm, { form: 'labels' }>, 'form'>;
}

/** `barlink print batch`. */
export function addBatchCommand(parent: Command, context: BatchContext): void {
  const { io, end } = context;
  context
    .withLook(parent.command('batch'))
    .argument('<csv>', 'a merchant on each line')
    .description('a file for each line of a CSV; called again, it goes on where it was stopped')
    .addOption(
      new Option('--form <what>', 'what to draw').choices(['poster', 'card', 'labels']).default('poster'),
    )
    .addOption(new Option('--format <type>', 'what to write').choices(['pdf', 'svg', 'png']).default('pdf'))
    .addOption(new Option('--size <paper>', 'paper of posters').choices(['A4', 'A5']).default('A4'))
    .option('--stock <number>', 'label sheet', 'L7160')
    .option('--key <file>', 'signs the codes with the private key of this file')
    .option('--new-code-ids', 'gives lines without codeId a new one')
    .addHelpText(
      'after',
      `
Columns, in any order:
  payload, or ${batchColumns.slice(1, 9).join(', ')} (payee is the name in the code)
  ${batchColumns.slice(9).join(', ')} where wanted; logo is a file below the CSV's folder

--out is a folder. Beside the files it gets printed.jsonl (line, file, payload) and rejected.csv (line,
column, code, message). Ends with 1 when lines were left out, with 130 when stopped by Ctrl-C.

Examples:
  $ barlink print batch merchants.csv -o posters --form poster --key acquirer.key.json --new-code-ids
  $ barlink print batch merchants.csv -o stickers --form labels --stock L7165 --strict`,
    )
    .action(async (csv: string, options: BatchOptions) => {
      const bar = createProgressBar(io);
      const result = await run(csv, { options, context, onProgress: bar.show });
      bar.close();
      if (options.json) {
        printJson(io, result);
      } else {
        printResult(result, { options, io });
      }
      end(result.isStopped ? exitCodes.interrupted : result.bad > 0 ? exitCodes.no : exitCodes.ok);
    });
}

interface RunContext {
  readonly options: BatchOptions;
  readonly context: BatchContext;
  readonly onProgress: (progress: BatchProgress) => void;
}

async function run(csv: string, { options, context, onProgress }: RunContext): Promise<BatchResult> {
  const { io } = context;
  const key = options.key === undefined ? undefined : await readSigningKey(options.key, io);
  try {
    return await printBatch({
      csvPath: csv,
      folder: options.out,
      draw: formOf(options, context),
      format: options.format,
      dpi: options.dpi,
      onWarning: options.strict ? 'leave-out' : 'print',
      onProgress,
      signal: io.signal,
      ...(key !== undefined && { finish: (payload: string) => signCode(payload, key) }),
      ...(options.newCodeIds && { newCodeId: () => newCodeId(io.now()) }),
    });
  } catch (error) {
    if (error instanceof Error && 'syscall' in error && 'path' in error) {
      throw new CliError('CLI_FILE_UNREADABLE', `${String(error.path)} cannot be read or written.`, {
        path: String(error.path),
        cause: error,
      });
    }
    throw error;
  }
}

function formOf(options: BatchOptions, { labelLookOf }: BatchContext): BatchForm {
  const { size: _, ...labels } = labelLookOf(options) as ReturnType<typeof labelLookOf> & { size?: unknown };
  const { stock: __, copies: ___, startAt: ____, offsetMm: _____, ...look } = labels;
  switch (options.form) {
    case 'poster':
      return { form: 'poster', ...look, size: options.size ?? 'A4' };
    case 'card':
      return { form: 'card', ...look };
    case 'labels':
      return { form: 'labels', ...labels };
    default:
      return options.form satisfies never;
  }
}

function printResult(
  { printed, skipped, bad, total, badRows, warnings, isStopped }: BatchResult,
  { options, io }: { readonly options: BatchOptions; readonly io: Io },
): void {
  const { bold, red, yellow, dim } = colorsOf(io.stdout, io);
  const earlier = skipped === 0 ? '' : `, ${skipped} before`;
  print(io, `${bold(`${printed} printed`)}${earlier}, ${bad} left out, of ${total}: ${options.out}`);
  for (const { line, column, code, message } of badRows.slice(0, shownMax)) {
    print(io, `${red(`line ${line}`)}${column === undefined ? '' : ` ${column}`}: ${message} ${dim(code)}`);
  }
  for (const { line, message, code } of warnings.slice(0, shownMax)) {
    print(io, `${yellow(`line ${line}`)}: ${message} ${dim(code)}`);
  }
  const more = Math.max(0, badRows.length - shownMax) + Math.max(0, warnings.length - shownMax);
  if (more > 0) {
    print(io, `and ${more} more; rejected.csv has every line that was left out`);
  }
  if (isStopped) {
    print(io, 'stopped; the same command goes on from here');
  }
}

const shownMax = 20;
