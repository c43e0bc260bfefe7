import {
  type Algorithm,
  codeKeyId,
  generateSigningKey,
  importSigningKey,
  type SigningKey,
} from '@barlink/signing';
import { type Command, Option } from 'commander';
import { addImportCommand } from './ca-commands.ts';
import { CliError } from './cli-error.ts';
import { colorsOf, type Io, print, printJson, readJson, writeOutput } from './io.ts';

/** `barlink keys new|show`. */
export function addKeyCommands(program: Command, io: Io): void {
  const keys = program.command('keys').description('make and look at signing keys');
  keys
    .command('new')
    .description('make a key pair; the private key goes to a file that only you can read')
    .addOption(
      new Option('--algorithm <name>', 'which kind').choices(['ES256', 'EdDSA', 'SM2SM3']).default('ES256'),
    )
    .requiredOption('-o, --out <file>', 'where the private key goes (JWK); never overwritten')
    .option(
      '--not-before <instant>',
      'for the next key of a switch: it signs with it from then on (ISO 8601)',
    )
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ barlink keys new -o acquirer.key.json
  $ barlink keys new --not-before 2027-01-01T00:00:00Z -o .barlink/keys/switch-2027.json
  $ barlink keys new --algorithm SM2SM3 -o acquirer.key.json --json > acquirer.pub.json`,
    )
    .action(async ({ algorithm, out, notBefore, json }: NewOptions) => {
      if (out === '-') {
        throw new CliError('CLI_OPTION_INVALID', 'A private key goes to a file, not to the terminal.', {
          path: '--out',
        });
      }
      const key = await generateSigningKey(algorithm);
      const nbf = notBefore === undefined ? {} : { nbf: unixSecondsOf(notBefore) };
      const text = `${JSON.stringify({ ...key.exportPrivateJwk(), ...nbf }, null, 2)}\n`;
      await writeOutput(out, text, { io, existing: 'refuse', mode: 0o600 });
      showKey(key, { io, json });
    });
  addImportCommand(keys, io);
  keys
    .command('show')
    .argument('<file>', 'private key file')
    .description('show the public part of a key')
    .option('--json', 'answer in JSON')
    .addHelpText('after', '\nExample:\n  $ barlink keys show acquirer.key.json --json')
    .action(async (file: string, { json }: { readonly json?: true }) => {
      showKey(await readSigningKey(file, io), { io, json });
    });
}

interface NewOptions {
  readonly algorithm: Algorithm;
  readonly out: string;
  readonly notBefore?: string;
  readonly json?: true;
}

function unixSecondsOf(text: string): number {
  const seconds = Math.floor(Date.parse(text) / 1000);
  if (!/^\d{4}-\d\d-\d\dT/.test(text) || Number.isNaN(seconds)) {
    throw new CliError('CLI_OPTION_INVALID', '--not-before is no instant like 2027-01-01T00:00:00Z.', {
      path: '--not-before',
    });
  }
  return seconds;
}

/** A private key from a file. */
export async function readSigningKey(path: string, io: Io): Promise<SigningKey> {
  return importSigningKey(await readJson(path, io));
}

function showKey(key: SigningKey, { io, json }: { readonly io: Io; readonly json: true | undefined }): void {
  const { publicJwk, kid, algorithm } = key;
  if (json) {
    printJson(io, { ...publicJwk, codeKeyId: codeKeyId(kid) });
    return;
  }
  const { dim } = colorsOf(io.stdout, io);
  print(io, `${dim('algorithm  ')}${algorithm}`);
  print(io, `${dim('kid        ')}${kid}`);
  print(io, `${dim('in codes   ')}${codeKeyId(kid)}`);
  print(io, JSON.stringify(publicJwk));
}
