import { extname } from 'node:path';
import {
  assertNoWarnings,
  drawCard,
  drawLabels,
  drawPayerCode,
  drawPoster,
  type LabelStockName,
  labelStocks,
  type Printout,
  type PrintWarning,
  readLogo,
  type Sign,
  schemeMarks,
  themes,
  writePdf,
  writePng,
  writeSvg,
} from '@barlink/print';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { addBatchCommand } from './batch-command.ts';
import { CliError } from './cli-error.ts';
import type { Action } from './code-commands.ts';
import { readOneCode } from './code-input.ts';
import { colorsOf, type Io, print, printJson, readInput, writeOutput } from './io.ts';

/** `barlink print poster|card|labels|payer|batch`. */
export function addPrintCommands(program: Command, io: Io, end: Action): void {
  const command = program
    .command('print')
    .description('posters, counter cards and labels as PDF, SVG or PNG; one, or thousands from a CSV');
  withSign(withLook(command.command('poster')), 'a poster for a wall or a window')
    .addOption(new Option('--size <paper>', 'paper').choices(['A4', 'A5']).default('A4'))
    .addHelpText(
      'after',
      `
Examples:
  $ barlink print poster "000201..." -o poster.pdf --name 老街茶馆 --schemes alipay,wechat,unionpay
  $ barlink print poster code.txt -o poster.png --size A5 --logo logo.png --color ocean --ink light`,
    )
    .action(async (argument: string | undefined, options: PrintOptions) => {
      const sign = await readSign(argument, { options, io });
      await deliver(drawPoster(sign, lookOf(options)), { options, io });
    });
  withSign(withLook(command.command('card')), 'a card for the counter, A6')
    .addHelpText(
      'after',
      '\nExample:\n  $ barlink print card code.txt -o card.pdf --name 老街茶馆 --logo logo.png',
    )
    .action(async (argument: string | undefined, options: PrintOptions) => {
      const sign = await readSign(argument, { options, io });
      await deliver(drawCard(sign, lookOf(options)), { options, io });
    });
  withSign(withLook(command.command('labels')), 'labels for sheets you buy')
    .addOption(
      new Option('--stock <number>', 'label sheet').choices(Object.keys(labelStocks)).default('L7160'),
    )
    .option('--copies <number>', 'how many; a full sheet when left out', wholeNumber)
    .option('--start-at <number>', 'first free label of a sheet that was begun', wholeNumber)
    .option('--offset <x,y>', 'millimetres to move everything by, for printers that are off', offset)
    .addHelpText(
      'after',
      `
Examples:
  $ barlink print labels code.txt -o labels.pdf --stock L7165
  $ barlink print labels code.txt -o labels.pdf --copies 3 --start-at 10 --offset 0.5,-1`,
    )
    .action(async (argument: string | undefined, options: PrintOptions) => {
      const sign = await readSign(argument, { options, io });
      await deliver(drawLabels([sign], labelLookOf(options)), { options, io });
    });
  withLook(command.command('payer'))
    .argument('[code]', 'text or file of a payer\u2019s code, or - for stdin')
    .description('a payer\u2019s code for a screen: Code 128 and QR')
    .addHelpText('after', '\nExample:\n  $ barlink print payer - -o code.png --dpi 150 < code.txt')
    .action(async (argument: string | undefined, options: PrintOptions) => {
      await deliver(drawPayerCode(await readOneCode(argument, io), lookOf(options)), { options, io });
    });
  addBatchCommand(command, { io, end, withLook, labelLookOf });
}

/** Options of all forms. */
export interface PrintOptions {
  readonly out: string;
  readonly name?: string;
  readonly subtitle?: string;
  readonly logo?: string;
  readonly symbolLogo?: string;
  readonly schemes?: readonly string[];
  readonly language: 'zh' | 'en' | 'zh-en';
  readonly color: string;
  readonly ink: 'full' | 'light';
  readonly distance?: number;
  readonly dpi: number;
  readonly size?: 'A4' | 'A5';
  readonly stock?: LabelStockName;
  readonly copies?: number;
  readonly startAt?: number;
  readonly offset?: { readonly x: number; readonly y: number };
  readonly strict?: true;
  readonly json?: true;
}

/** The options every form has. */
export function withLook(command: Command): Command {
  return command
    .requiredOption('-o, --out <file>', 'where it goes: .pdf, .svg or .png')
    .addOption(new Option('--language <code>', 'language').choices(['zh', 'en', 'zh-en']).default('zh-en'))
    .option('--color <name>', `${Object.keys(themes).join(', ')} or #rrggbb`, 'jade')
    .addOption(
      new Option('--ink <much>', 'a full panel or lines only').choices(['full', 'light']).default('full'),
    )
    .option(
      '--distance <mm>',
      'from the paper to the camera; each form has its own when left out',
      wholeNumber,
    )
    .option('--dpi <number>', 'resolution of a PNG', wholeNumber, 300)
    .option('--strict', 'refuse what would only be warned of')
    .option('--json', 'answer in JSON');
}

function withSign(command: Command, description: string): Command {
  return command
    .argument('[code]', 'text or picture file of a merchant\u2019s code, or - for stdin')
    .description(description)
    .option('--name <text>', 'the shop\u2019s name; the payee of the code when left out')
    .option('--subtitle <text>', 'a second line')
    .option('--logo <file>', 'PNG or JPEG beside the name')
    .option('--symbol-logo <file>', 'PNG or JPEG in the middle of the symbol')
    .option('--schemes <list>', `with commas, of: ${Object.keys(schemeMarks).join(', ')}`, listOf);
}

interface Context {
  readonly options: PrintOptions;
  readonly io: Io;
}

async function readSign(argument: string | undefined, { options, io }: Context): Promise<Sign> {
  const { name, subtitle, logo, symbolLogo, schemes } = options;
  return {
    payload: await readOneCode(argument, io),
    ...(name !== undefined && { name }),
    ...(subtitle !== undefined && { subtitle }),
    ...(logo !== undefined && { logo: readLogo(await readInput(logo, io)) }),
    ...(symbolLogo !== undefined && { symbolLogo: readLogo(await readInput(symbolLogo, io)) }),
    ...(schemes !== undefined && { schemes }),
  };
}

/** The options of the command in the words of `@barlink/print`. */
export function lookOf({
  language,
  color,
  ink,
  distance,
  size,
}: PrintOptions): Parameters<typeof drawPoster>[1] & object {
  return {
    language,
    color,
    ink,
    ...(size !== undefined && { size }),
    ...(distance !== undefined && { readingDistanceMm: distance }),
  };
}

/** As `lookOf`, for labels. */
export function labelLookOf(options: PrintOptions): Parameters<typeof drawLabels>[1] {
  const { stock = 'L7160', copies, startAt, offset: offsetMm } = options;
  return {
    ...lookOf(options),
    stock,
    ...(copies !== undefined && { copies }),
    ...(startAt !== undefined && { startAt }),
    ...(offsetMm !== undefined && { offsetMm }),
  };
}

async function deliver(printout: Printout, { options, io }: Context): Promise<void> {
  const { out, strict, json, dpi } = options;
  if (strict) {
    assertNoWarnings(printout);
  }
  const files = await filesOf(printout, { out, dpi });
  for (const [path, content] of files) {
    await writeOutput(path, content, { io });
  }
  const names = files.map(([path]) => path);
  if (json && out !== '-') {
    printJson(io, { files: names, pages: printout.pages.length, warnings: printout.warnings });
  }
  warn(printout.warnings, io);
  if (!json && out !== '-') {
    print(io, names.join('\n'));
  }
}

async function filesOf(
  printout: Printout,
  { out, dpi }: { readonly out: string; readonly dpi: number },
): Promise<readonly (readonly [string, string | Uint8Array])[]> {
  const { pages, typeface } = printout;
  const extension = out === '-' ? '.pdf' : extname(out).toLowerCase();
  switch (extension) {
    case '.pdf':
      return [[out, await writePdf(printout)]];
    case '.svg':
      return pages.map((page, at) => [pageName(out, { at, of: pages.length }), writeSvg(page, { typeface })]);
    case '.png':
      return pages.map((page, at) => [
        pageName(out, { at, of: pages.length }),
        writePng(page, { typeface, dpi }),
      ]);
    default:
      throw new CliError('CLI_OPTION_INVALID', 'The file\u2019s name does not end in .pdf, .svg or .png.', {
        path: '--out',
      });
  }
}

/** `labels.png`, or `labels-1.png`, `labels-2.png` ... where a format holds one page. */
function pageName(out: string, { at, of }: { readonly at: number; readonly of: number }): string {
  const extension = extname(out);
  return of === 1 ? out : `${out.slice(0, -extension.length)}-${at + 1}${extension}`;
}

function warn(warnings: readonly PrintWarning[], io: Io): void {
  const { yellow } = colorsOf(io.stderr, io);
  for (const { code, message } of warnings) {
    io.stderr.write(`${yellow('warning')}  ${message} (${code})\n`);
  }
}

function wholeNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text) || Number(text) < 1) {
    throw new InvalidArgumentError('It is not a whole number from 1 on.');
  }
  return Number(text);
}

function offset(text: string): { readonly x: number; readonly y: number } {
  const [x, y, ...others] = text.split(',').map(Number);
  if (x === undefined || y === undefined || others.length > 0 || !(Math.abs(x) <= 20 && Math.abs(y) <= 20)) {
    throw new InvalidArgumentError('It is not two numbers up to 20 with a comma between.');
  }
  return { x, y };
}

function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}
