import { createEvidenceClient } from '@barlink/sdk';
import {
  type EvidenceFinding,
  importJwks,
  type VerificationKey,
  type VerifiedEvidence,
  verifyEvidence,
} from '@barlink/signing';
import type { Command } from 'commander';
import { CliError } from './cli-error.ts';
import { rethrowUnreached } from './client-settings.ts';
import type { Action } from './code-commands.ts';
import { exitCodes } from './exit-code.ts';
import { showText } from './explain.ts';
import { colorsOf, type Io, print, printJson, readJson, writeOutput } from './io.ts';
import { readSigningKey } from './key-commands.ts';
import { table } from './table.ts';

interface ExportOptions {
  readonly switch: string;
  readonly participant: string;
  readonly key: string;
  readonly switchId: string;
  readonly operator?: true;
  readonly out: string;
}

/** `barlink evidence export`. */
export function addEvidenceCommand(program: Command, io: Io): void {
  program
    .command('evidence')
    .description('signed messages as files that anyone can verify later')
    .command('export')
    .argument('<subject>', 'id of a payment, a token, a code or a participant')
    .description('fetch the messages about a subject with all that verifies them')
    .requiredOption('--switch <url>', 'origin of the switch')
    .requiredOption('--participant <id>', 'who asks')
    .requiredOption('--key <file>', 'its private key for messages (JWK)')
    .option('--switch-id <id>', 'the switch\u2019s participant id', 'barlink-switch')
    .option('--operator', 'everybody\u2019s messages, for the operator')
    .option('-o, --out <file>', 'where the bundle goes', '-')
    .addHelpText(
      'after',
      `
Example:
  $ barlink evidence export 0193a1c4-0000-7000-8000-000000000000 --switch https://switch.example \\
      --participant bank-north --key bank.key.json -o payment.evidence.json`,
    )
    .action(async (subject: string, options: ExportOptions) => {
      const client = createEvidenceClient({
        switchUrl: options.switch,
        participantId: options.participant,
        key: await readSigningKey(options.key, io),
        switchId: options.switchId,
        viewer: options.operator === true ? 'operator' : 'participant',
      });
      try {
        const bundle = await client.export(subject).catch(rethrowUnreached('--switch'));
        await writeOutput(options.out, `${JSON.stringify(bundle, null, 2)}\n`, { io });
      } finally {
        await client.close();
      }
    });
}

/** Options of `barlink verify` that concern a bundle. */
export interface VerifyBundleOptions {
  readonly switchKeys?: string;
  readonly switchKid?: string;
  readonly json?: true;
}

/** True for a parsed file that is, or is meant to be, an evidence bundle. */
export function isBundle(value: unknown): value is { readonly switchKeys?: unknown } {
  return (value as { readonly type?: unknown } | null)?.type === 'barlink-evidence';
}

/** Verifies a bundle and says who said what when. */
export async function verifyBundle(
  bundle: { readonly switchKeys?: unknown },
  { options, io, now, end }: { options: VerifyBundleOptions; io: Io; now: Date; end: Action },
): Promise<void> {
  const trusted = await readTrusted(bundle, options, io);
  const evidence = await verifyEvidence(bundle, { keyFor: (kid) => trusted.get(kid), now });
  if (options.json) {
    printJson(io, { status: 'verified', ...evidence, messages: evidence.messages.map(toJson) });
  } else {
    printEvidence(evidence, io);
  }
  end(exitCodes.ok);
}

/** The bundle's own keys prove nothing by themselves: one of them has to be named from elsewhere. */
async function readTrusted(
  { switchKeys }: { readonly switchKeys?: unknown },
  options: VerifyBundleOptions,
  io: Io,
): Promise<ReadonlyMap<string, VerificationKey>> {
  if (options.switchKeys !== undefined) {
    return importJwks(await readJson(options.switchKeys, io));
  }
  if (options.switchKid === undefined) {
    throw new CliError(
      'CLI_OPTION_MISSING',
      'Say which key of the switch you trust: --switch-keys <file> or --switch-kid <kid>.',
      { path: '--switch-keys' },
    );
  }
  const key = (await importJwks({ keys: switchKeys })).get(options.switchKid);
  return new Map(key === undefined ? [] : [[key.kid, key]]);
}

function toJson(message: EvidenceFinding): object {
  return message.kind === 'withheld' ? message : { ...message, body: new TextDecoder().decode(message.body) };
}

function printEvidence(evidence: VerifiedEvidence, io: Io): void {
  const { bold, green, dim, yellow } = colorsOf(io.stdout, io);
  const { issuer, kid, statedAt, subject, isComplete, messages } = evidence;
  print(io, bold(green(`verified: ${messages.length} messages about ${showText(subject)}`)));
  print(io, `${dim('vouched for by')} ${showText(issuer)}, key ${kid}, ${statedAt.toISOString()}`);
  if (!isComplete) {
    print(io, yellow('There are more messages than one bundle takes.'));
  }
  for (const message of messages) {
    print(io);
    print(io, table(rowsOf(message).map(([name, value]) => [dim(name), showText(value)])));
  }
}

function rowsOf(message: EvidenceFinding): readonly (readonly [string, string])[] {
  const received = ['received', message.receivedAt.toISOString()] as const;
  if (message.kind === 'withheld') {
    return [['who', message.sender], received, ['what', 'withheld: it holds what is not for you']];
  }
  return [
    ['who', `${message.sender}, key ${message.kid}`],
    ['to', message.receiver],
    ['signed', message.issuedAt.toISOString()],
    received,
    ['what', message.about],
    ['body', new TextDecoder().decode(message.body)],
  ];
}
