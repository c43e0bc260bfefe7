import { randomBytes } from 'node:crypto';
import {
  type CodeDraft,
  CodeError,
  encode,
  encodeMerchantCode,
  type MerchantCode,
  parse,
  recognize,
} from '@barlink/codes';
import { signCode } from '@barlink/signing';
import type { Command } from 'commander';
import { CliError } from './cli-error.ts';
import { type FoundCode, readCodes, readOneCode } from './code-input.ts';
import { type ExitCode, exitCodes } from './exit-code.ts';
import { type Explanation, explain, maskText, showText } from './explain.ts';
import { colorsOf, type Io, print, printJson, readJson } from './io.ts';
import { readSigningKey } from './key-commands.ts';
import { table } from './table.ts';

/** How every command is run: it says how it ended. */
export type Action = (exit: ExitCode) => void;

/** `barlink code make|read|explain`. */
export function addCodeCommands(program: Command, io: Io, end: Action): void {
  const code = program.command('code').description('make, read and explain payment codes');
  addMake(code, io);
  addRead(code, io, end);
  addExplain(code, io, end);
}

interface MakeOptions {
  readonly acquirer?: string;
  readonly merchantId?: string;
  readonly codeId?: string;
  readonly payee?: string;
  readonly city?: string;
  readonly category?: string;
  readonly country: string;
  readonly currency: string;
  readonly amount?: string;
  readonly reference?: string;
  readonly key?: string;
  readonly draft?: string;
  readonly json?: true;
}

function addMake(code: Command, io: Io): void {
  code
    .command('make')
    .description('write the text of a code: a unified one from options, any other from a draft')
    .option('--acquirer <digits>', 'six digits')
    .option('--merchant-id <id>', '1 to 15 of A-Z, 0-9 and -')
    .option('--code-id <id>', '16 characters; a new one when left out')
    .option('--payee <name>', 'name in the code, ASCII, up to 25')
    .option('--city <name>', 'ASCII, up to 15')
    .option('--category <digits>', 'merchant category code, four digits')
    .option('--country <code>', 'ISO 3166 alpha-2', 'CN')
    .option('--currency <digits>', 'ISO 4217 numeric', '156')
    .option('--amount <decimal>', 'makes a dynamic code, to be paid once')
    .option('--reference <text>', 'up to 25 characters')
    .option('--key <file>', 'signs with the private key of this file')
    .option('--draft <file>', 'JSON as `code read --json` gives it, of any scheme; - is stdin')
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ barlink code make --acquirer 100001 --merchant-id TEA-7 --payee "Tea House" --city Wuxi --category 5812
  $ barlink code make ... --amount 12.50 --reference INV-7 --key acquirer.key.json
  $ barlink code make --draft code.json | barlink print poster - -o poster.pdf`,
    )
    .action(async (options: MakeOptions) => {
      const unsigned =
        options.draft === undefined ? makeUnified(options, io) : await makeFromDraft(options.draft, io);
      const payload =
        options.key === undefined
          ? unsigned
          : await signCode(unsigned, await readSigningKey(options.key, io));
      if (options.json) {
        const { data } = explainData(payload);
        printJson(io, { payload, scheme: recognize(payload)?.scheme, data });
      } else {
        print(io, payload);
      }
    });
}

function explainData(payload: string): { readonly data: unknown } {
  return { data: Object.fromEntries(explain(payload).fields.map(({ name, value }) => [name, value])) };
}

function makeUnified(options: MakeOptions, io: Io): string {
  const { acquirer, merchantId, payee, city, category, country, currency, amount, reference } = options;
  const needed = { acquirer, 'merchant-id': merchantId, payee, city, category };
  const missing = Object.entries(needed).filter(([, value]) => value === undefined);
  if (missing.length > 0) {
    const list = missing.map(([name]) => `--${name}`).join(', ');
    throw new CliError('CLI_INPUT_MISSING', `A unified code needs ${list} too.`);
  }
  const code = {
    ...{ acquirer, merchantId, name: payee, city, category, country, currency },
    codeId: options.codeId ?? newCodeId(io.now()),
    mode: amount === undefined ? 'static' : 'dynamic',
    ...(amount !== undefined && { amount }),
    ...(reference !== undefined && { reference }),
  };
  return encodeMerchantCode(code as MerchantCode);
}

async function makeFromDraft(path: string, io: Io): Promise<string> {
  const value = await readJson(path, io);
  const list = Array.isArray(value) ? value : [value];
  const [first] = list as readonly { readonly code?: CodeDraft }[];
  const draft = first?.code ?? (first as CodeDraft | undefined);
  if (list.length !== 1 || typeof draft?.scheme !== 'string') {
    throw new CliError('CLI_JSON_MALFORMED', 'The draft is not one code with a scheme.', { path });
  }
  // Instants are texts in JSON; the schemes keep what they were read from in the tree.
  const { expiry: _, ...rest } = draft;
  return encode(rest);
}

/** 48 bits of milliseconds and 32 random ones in Crockford base32. spec/codes.md 3. */
export function newCodeId(now: Date): string {
  let bits = (BigInt(now.getTime()) << 32n) | BigInt(randomBytes(4).readUInt32BE());
  let id = '';
  for (let at = 0; at < 16; at += 1) {
    id = (crockford[Number(bits & 31n)] ?? '') + id;
    bits >>= 5n;
  }
  return id;
}

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

interface ReadOptions {
  readonly json?: true;
  readonly reveal?: true;
}

function addRead(code: Command, io: Io, end: Action): void {
  code
    .command('read')
    .argument('[code]', 'text, picture file (PNG, JPEG, GIF, BMP), text file, or - for stdin')
    .description('say what codes are in a text or on a picture')
    .option('--reveal', 'show the texts of payers\u2019 codes, which are secrets')
    .option('--json', 'answer in JSON, whole')
    .addHelpText(
      'after',
      `
Examples:
  $ barlink code read photo.jpg
  $ barlink code read --json 000201... > code.json
  $ curl -s https://example.org/sticker.png | barlink code read -`,
    )
    .action(async (argument: string | undefined, options: ReadOptions) => {
      const codes = (await readCodes(argument, io)).map((found) => readCode(found, options));
      if (options.json) {
        printJson(io, codes);
      } else {
        for (const each of codes) {
          printRead(each, io);
        }
      }
      end(codes.every(({ error }) => error === undefined) ? exitCodes.ok : exitCodes.no);
    });
}

/** The code as `parse` gives it; what keeps it from being read, where nothing can. */
function tryParse(text: string): Pick<ReadCode, 'code' | 'error'> {
  try {
    return { code: parse(text) };
  } catch (error) {
    if (!(error instanceof CodeError)) {
      throw error;
    }
    const { code, message, path } = error;
    return { error: { code, message, path } };
  }
}

interface ReadCode {
  readonly text: string;
  readonly symbol?: string;
  readonly recognition: ReturnType<typeof recognize>;
  readonly code?: unknown;
  readonly error?: { readonly code: string; readonly message: string; readonly path: string | undefined };
}

function readCode({ text, symbol }: FoundCode, { reveal }: ReadOptions): ReadCode {
  const recognition = recognize(text);
  const isHidden = recognition?.secret === true && reveal !== true;
  return {
    text: isHidden ? maskText(text) : text,
    ...(symbol !== undefined && { symbol }),
    recognition,
    ...(isHidden ? {} : tryParse(text)),
  };
}

function printRead({ text, symbol, recognition, error }: ReadCode, io: Io): void {
  const { bold, dim, red } = colorsOf(io.stdout, io);
  const kind =
    recognition === undefined
      ? 'no payment code'
      : `${recognition.scheme}  ${recognition.presentment}, ${recognition.mode}`;
  print(io, `${bold(kind)}${symbol === undefined ? '' : dim(`  ${symbol}`)}`);
  print(io, `  ${showText(text)}`);
  if (error !== undefined && recognition !== undefined) {
    print(io, red(`  ${error.code}: ${error.message}`));
  }
}

function addExplain(code: Command, io: Io, end: Action): void {
  code
    .command('explain')
    .argument('[code]', 'text, picture file (PNG, JPEG, GIF, BMP), text file, or - for stdin')
    .description('explain a code field by field, with every rule it breaks')
    .option('--reveal', 'explain payers\u2019 codes too, which are secrets')
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ barlink code explain sticker.png
  $ barlink code explain "00020101021226..."

Ends with 1 when the code breaks a rule that a strict reader refuses it for.`,
    )
    .action(async (argument: string | undefined, { json, reveal }: ReadOptions) => {
      const text = await readOneCode(argument, io);
      const explanation = explain(text);
      const isHidden = recognize(text)?.secret === true && reveal !== true;
      const fields = explanation.fields.filter(({ value }) => !isHidden || !value.includes(text));
      const tree = isHidden ? [] : explanation.tree;
      const { violations } = explanation;
      const shown = isHidden ? maskText(text) : text;
      if (json) {
        const named = Object.fromEntries(fields.map(({ name, value }) => [name, value]));
        printJson(io, { text: shown, fields: named, tree, violations });
      } else {
        printExplanation({ fields, tree, violations }, io);
      }
      end(violations.some(({ severity }) => severity === 'error') ? exitCodes.no : exitCodes.ok);
    });
}

function printExplanation({ fields, tree, violations }: Explanation, io: Io): void {
  const { bold, dim, green, red, yellow, cyan } = colorsOf(io.stdout, io);
  print(
    io,
    table(
      fields.map(({ name, value }) => [dim(name), showText(value)]),
      { indent: 0 },
    ),
  );
  if (tree.length > 0) {
    print(io);
    print(io, bold('objects'));
    print(
      io,
      table(
        tree.map(({ depth, id, name = '', value }) => [
          `${'  '.repeat(depth)}${cyan(id)}`,
          value === undefined ? bold(name) : dim(name),
          value === undefined ? '' : showText(value),
        ]),
      ),
    );
  }
  print(io);
  if (violations.length === 0) {
    print(io, green('breaks no rule'));
  }
  for (const { severity, code, path, message } of violations) {
    const paint = severity === 'error' ? red : yellow;
    print(io, `${paint(severity)}  ${code}${path === '' ? '' : ` at ${path}`}: ${message}`);
  }
}
