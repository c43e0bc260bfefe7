import {
  importJwks,
  type KeyFor,
  type UnsignedCode,
  type VerifiedCode,
  verifyCode,
  verifyKeyset,
} from '@barlink/signing';
import type { Command } from 'commander';
import { CliError } from './cli-error.ts';
import type { Action } from './code-commands.ts';
import { readOneCode } from './code-input.ts';
import { isBundle, type VerifyBundleOptions, verifyBundle } from './evidence-command.ts';
import { exitCodes } from './exit-code.ts';
import { showText } from './explain.ts';
import { colorsOf, type Io, print, printJson, readInput, readJson } from './io.ts';
import { table } from './table.ts';

interface VerifyOptions extends VerifyBundleOptions {
  readonly keyset?: string;
  readonly switchId?: string;
  readonly at?: string;
}

/** `barlink verify`. */
export function addVerifyCommand(program: Command, io: Io, end: Action): void {
  program
    .command('verify')
    .argument('[what]', 'a code: text, picture, text file, - for stdin; or an evidence bundle: JSON file')
    .description('check a unified code, or an evidence bundle, without a network')
    .option(
      '--keyset <file>',
      'for a code: acquirers\u2019 keys, as the switch signs them (GET /v1/keysets/codes)',
    )
    .option('--switch-keys <file>', 'the switch\u2019s own keys (GET /v1/keys)')
    .option('--switch-id <id>', 'for a code: the switch\u2019s participant id')
    .option('--switch-kid <kid>', 'for a bundle: the key of the switch that you trust, in place of a file')
    .option('--at <instant>', 'judge as of this time (ISO 8601); now when left out')
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ barlink verify poster.png --keyset keyset.jws --switch-keys keys.json --switch-id switch
  $ barlink verify --json "000201..." --keyset keyset.jws --switch-keys keys.json --switch-id switch
  $ barlink verify payment.evidence.json --switch-keys keys.json

Ends with 0 only when the code is signed and the signature holds, or every message of the bundle does; an
unsigned or a changed code and a changed bundle end with 1.`,
    )
    .action(async (argument: string | undefined, options: VerifyOptions) => {
      const now = readInstant(options.at) ?? io.now();
      const bundle = await findBundle(argument, io);
      if (bundle !== undefined) {
        await verifyBundle(bundle, { options, io, now, end });
        return;
      }
      const payload = await readOneCode(argument, io);
      const keys = await importJwks(await readJson(needed(options.switchKeys, '--switch-keys'), io));
      const text = keysetText(await readInput(needed(options.keyset, '--keyset'), io));
      const keyFor: KeyFor = async (kid) => keys.get(kid);
      const issuer = needed(options.switchId, '--switch-id');
      const keyset = await verifyKeyset(text, { keyFor, issuer, now });
      const result = await verifyCode(payload, { keyset, now });
      if (options.json) {
        printJson(io, result);
      } else {
        printResult(result, io);
      }
      end(result.status === 'verified' ? exitCodes.ok : exitCodes.no);
    });
}

/** A bundle is told by what its file says; anything else may be a code. */
async function findBundle(argument: string | undefined, io: Io): Promise<object | undefined> {
  if (argument === undefined || !argument.endsWith('.json')) {
    return undefined;
  }
  const value = await readJson(argument, io);
  return isBundle(value) ? value : undefined;
}

function needed(value: string | undefined, option: string): string {
  if (value === undefined) {
    throw new CliError('CLI_OPTION_MISSING', `A code needs ${option}.`, { path: option });
  }
  return value;
}

/** A keyset as such, or in the document the switch answers with. */
function keysetText(bytes: Buffer): string {
  const text = bytes.toString('utf8').trim();
  if (!text.startsWith('{')) {
    return text;
  }
  try {
    const { keyset }: { keyset?: unknown } = JSON.parse(text);
    return typeof keyset === 'string' ? keyset : text;
  } catch {
    return text;
  }
}

function readInstant(text: string | undefined): Date | undefined {
  if (text === undefined) {
    return undefined;
  }
  const instant = new Date(text);
  if (Number.isNaN(instant.getTime()) || !/^\d{4}-\d\d-\d\d/.test(text)) {
    throw new CliError('CLI_OPTION_INVALID', '--at is no instant like 2026-11-23T12:00:00Z.', {
      path: '--at',
    });
  }
  return instant;
}

function printResult(result: VerifiedCode | UnsignedCode, io: Io): void {
  const { bold, green, red, dim } = colorsOf(io.stdout, io);
  const code = result.status === 'verified' ? result.code : result.claimed;
  const title =
    result.status === 'verified'
      ? green('verified: the acquirer vouches for this payee')
      : red('unsigned: nobody vouches for what this code says');
  print(io, bold(title));
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['payee', code.name],
    ['city', code.city],
    ['country', code.country],
    ['category', code.category],
    ['amount', code.amount],
    ['acquirer', code.acquirer],
    ['merchant', code.merchantId],
    ['code', code.codeId],
    ['key', result.status === 'verified' ? result.kid : undefined],
  ];
  print(
    io,
    table(rows.flatMap(([name, value]) => (value === undefined ? [] : [[dim(name), showText(value)]]))),
  );
}
