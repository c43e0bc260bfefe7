import { importJwks, type UnsignedCode, type VerifiedCode, verifyCode, verifyKeyset } from '@barlink/signing';
import type { Command } from 'commander';
import { CliError } from './cli-error.ts';
import type { Action } from './code-commands.ts';
import { readOneCode } from './code-input.ts';
import { exitCodes } from './exit-code.ts';
import { showText } from './explain.ts';
import { colorsOf, type Io, print, printJson, readInput, readJson } from './io.ts';
import { table } from './table.ts';

interface VerifyOptions {
  readonly keyset: string;
  readonly switchKeys: string;
  readonly switchId: string;
  readonly at?: string;
  readonly json?: true;
}

/** `barlink verify`. */
export function addVerifyCommand(program: Command, io: Io, end: Action): void {
  program
    .command('verify')
    .argument('[code]', 'text, picture file (PNG, JPEG, GIF, BMP), text file, or - for stdin')
    .description('check the signature of a unified code without a network')
    .requiredOption(
      '--keyset <file>',
      'acquirers\u2019 keys, as the switch signs them (GET /v1/keysets/codes)',
    )
    .requiredOption('--switch-keys <file>', 'the switch\u2019s own keys (GET /v1/keys)')
    .requiredOption('--switch-id <id>', 'the switch\u2019s participant id')
    .option('--at <instant>', 'judge as of this time (ISO 8601); now when left out')
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ barlink verify poster.png --keyset keyset.jws --switch-keys keys.json --switch-id switch
  $ barlink verify --json "000201..." --keyset keyset.jws --switch-keys keys.json --switch-id switch

Ends with 0 only when the code is signed and the signature holds; an unsigned or a changed code ends with 1.`,
    )
    .action(async (argument: string | undefined, options: VerifyOptions) => {
      const now = readInstant(options.at) ?? io.now();
      const payload = await readOneCode(argument, io);
      const keys = await importJwks(await readJson(options.switchKeys, io));
      const keyset = await verifyKeyset(keysetText(await readInput(options.keyset, io)), {
        keyFor: async (kid) => keys.get(kid),
        issuer: options.switchId,
        now,
      });
      const result = await verifyCode(payload, { keyset, now });
      if (options.json) {
        printJson(io, result);
      } else {
        printResult(result, io);
      }
      end(result.status === 'verified' ? exitCodes.ok : exitCodes.no);
    });
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
