import { readFile, rename, writeFile } from 'node:fs/promises';
import { createAuditor, createWitness, type WitnessMemory } from '@barlink/sdk';
import type { Command } from 'commander';
import type { Report, VerifiedHead } from './audit/finding.ts';
import { type HeadKeys, readKeys } from './audit/head.ts';
import { checkHeads } from './audit/heads.ts';
import { verifyExport } from './audit/verify-export.ts';
import { verifyLog } from './audit/verify-log.ts';
import { exportLog } from './audit-export.ts';
import { CliError } from './cli-error.ts';
import { type ClientSettings, clientOptions, readClient } from './client-settings.ts';
import type { Action } from './code-commands.ts';
import { exitCodes } from './exit-code.ts';
import { colorsOf, type Io, print, printJson, readInput, readJson, writeOutput } from './io.ts';

/** `barlink audit verify|export|witness`. */
export function addAuditCommands(program: Command, io: Io, end: Action): void {
  const audit = program.command('audit').description('check the transparency log of a switch, or watch it');
  addVerify(audit, io, end);
  addExport(audit, io);
  addWitness(audit, io);
}

interface VerifyOptions {
  readonly switchKeys: string;
  readonly url?: string;
  readonly seen?: string;
  readonly witnessKeys?: string;
  readonly leaves?: true;
  readonly json?: true;
}

function addVerify(audit: Command, io: Io, end: Action): void {
  audit
    .command('verify')
    .argument('[export]', 'an export to check, or - for stdin; left out, --url is asked')
    .description('find out whether anything was edited, deleted, inserted, reordered, cut off or forked')
    .requiredOption('--switch-keys <file>', 'the switch\u2019s public keys (GET /v1/keys)')
    .option('--url <origin>', 'a running switch to check')
    .option('--seen <file>', 'tree heads seen before, one a line; the new ones are added when all is well')
    .option('--witness-keys <file>', 'public keys of witnesses, to judge cosignatures in an export')
    .option('--leaves', 'with --url: compute the whole tree again, not only the proofs')
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ barlink audit verify log.ndjson --switch-keys keys.json
  $ barlink audit verify --url https://switch.example --switch-keys keys.json --seen heads.txt

Ends with 0 only when nothing was found; with 1 when something was.`,
    )
    .action(async (file: string | undefined, options: VerifyOptions) => {
      const keys = readKeys(await readJson(options.switchKeys, io));
      const seen = options.seen === undefined ? [] : await readSeen(options.seen, keys);
      const report = await check(file, { options, keys, seen, io });
      if (options.json) {
        printJson(io, toJson(report));
      } else {
        printReport(report, io);
      }
      if (report.findings.length === 0 && options.seen !== undefined) {
        await keepSeen(options.seen, { seen, heads: report.heads });
      }
      end(report.findings.length === 0 ? exitCodes.ok : exitCodes.no);
    });
}

async function check(
  file: string | undefined,
  context: {
    readonly options: VerifyOptions;
    readonly keys: HeadKeys;
    readonly seen: readonly VerifiedHead[];
    readonly io: Io;
  },
): Promise<Report> {
  const { options, keys, seen, io } = context;
  const { url } = options;
  if ((file === undefined) === (url === undefined)) {
    throw new CliError('CLI_OPTION_INVALID', 'Name an export to check, or --url, and not both.', {
      path: '--url',
    });
  }
  if (file !== undefined) {
    const witnessKeys =
      options.witnessKeys === undefined ? undefined : readKeys(await readJson(options.witnessKeys, io));
    const lines = (await readInput(file, io)).toString('utf8').split('\n');
    return verifyExport(lines, { keys, seen, ...(witnessKeys !== undefined && { witnessKeys }) });
  }
  return verifyLog((path) => ask(`${url}${path}`), { keys, seen, by: options.leaves ? 'leaves' : 'proofs' });
}

async function ask(url: string): Promise<unknown> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    if (answer.ok) {
      return await answer.json();
    }
    throw new Error(`${answer.status}`);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CliError('CLI_SWITCH_UNREACHABLE', `${url} gives no answer: ${why}.`, { path: '--url', cause });
  }
}

/** One signed head a line. Of a file that anybody could have changed only what is signed counts. */
async function readSeen(path: string, keys: HeadKeys): Promise<readonly VerifiedHead[]> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') {
      return '';
    }
    throw new CliError('CLI_FILE_UNREADABLE', `${path} cannot be read.`, { path, cause });
  });
  const { heads, findings } = checkHeads(text.split('\n').filter(Boolean), keys);
  if (findings[0] !== undefined) {
    throw new CliError('CLI_FILE_UNREADABLE', `${path}: ${findings[0].message}`, { path });
  }
  return heads;
}

/** Only the last head is needed to go on; the others of a long life would be checked again and again. */
async function keepSeen(
  path: string,
  { seen, heads }: { readonly seen: readonly VerifiedHead[]; readonly heads: readonly VerifiedHead[] },
): Promise<void> {
  const last = heads.at(-1) ?? seen.at(-1);
  if (last !== undefined) {
    await replaceFile(path, `${last.signed}\n`);
  }
}

function printReport({ log, findings, leaves, opened, heads }: Report, io: Io): void {
  const { bold, green, red, dim } = colorsOf(io.stdout, io);
  const last = heads.at(-1);
  print(
    io,
    bold(findings.length === 0 ? green('whole: nothing was found') : red(`${findings.length} found`)),
  );
  for (const { code, message } of findings) {
    print(io, `${message} ${dim(code)}`);
  }
  const covered = last === undefined ? 'no tree head' : `${last.size} leaves at ${last.at}`;
  print(io, dim(`${log ?? 'log'}: ${covered}; ${heads.length} heads, ${leaves} leaves, ${opened} opened`));
}

function toJson({ log, findings, leaves, opened, heads }: Report): object {
  const last = heads.at(-1);
  const latest = last && { size: last.size, root: last.root.toString('base64url'), at: last.at };
  return { whole: findings.length === 0, log, findings, leaves, opened, heads: heads.length, latest };
}

function addExport(audit: Command, io: Io): void {
  clientOptions(
    audit.command('export').description('write the whole log with what opens its leaves, for verify'),
    'the operator',
  )
    .requiredOption('-o, --out <file>', 'where the export goes (NDJSON), or - for stdout')
    .addHelpText(
      'after',
      `
Example:
  $ barlink audit export --url https://switch.example --id operator --key operator.json -o log.ndjson

The export holds the records of the log: keep it as you keep the database.`,
    )
    .action(async (settings: ClientSettings & { readonly out: string }) => {
      const auditor = createAuditor(await readClient(settings, io));
      try {
        const lines = await exportLog(auditor, settings.switchId);
        await writeOutput(settings.out, `${lines.join('\n')}\n`, { io, mode: 0o600 });
      } finally {
        await auditor.close();
      }
    });
}

interface WitnessSettings extends ClientSettings {
  readonly state: string;
  readonly every?: string;
  readonly json?: true;
}

function addWitness(audit: Command, io: Io): void {
  clientOptions(
    audit.command('witness').description('cosign the latest tree head when it continues the last one seen'),
    'the participant that is the witness',
  )
    .requiredOption('--state <file>', 'where the last tree head is kept; do not lose it')
    .option('--every <seconds>', 'go on until Ctrl-C')
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      `
Example:
  $ barlink audit witness --url https://switch.example --id bank-north --key bank.json --state seen.txt

Ends with 1 when the log does not continue what was seen: keep the state file, it is evidence.`,
    )
    .action(async (settings: WitnessSettings) => {
      const seconds = readSeconds(settings.every);
      const memory = createFileMemory(settings.state);
      const witness = createWitness({ ...(await readClient(settings, io)), memory });
      try {
        do {
          const { size, result } = await witness.watch();
          if (settings.json) {
            printJson(io, { size, result });
          } else {
            print(io, `${result}: ${size} leaves`);
          }
          await pause(seconds ?? 0, io);
        } while (seconds !== undefined && !io.signal.aborted);
      } finally {
        await witness.close();
      }
    });
}

function createFileMemory(path: string): WitnessMemory {
  return {
    async read() {
      const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === 'ENOENT') {
          return '';
        }
        throw new CliError('CLI_FILE_UNREADABLE', `${path} cannot be read.`, { path, cause });
      });
      return text.trim() === '' ? undefined : text.trim();
    },
    write: (signed) => replaceFile(path, `${signed}\n`),
  };
}

/** The old content or the new one, never half of it. */
async function replaceFile(path: string, content: string): Promise<void> {
  try {
    await writeFile(`${path}.new`, content, { flush: true });
    await rename(`${path}.new`, path);
  } catch (cause) {
    throw new CliError('CLI_FILE_UNWRITABLE', `${path} cannot be written.`, { path, cause });
  }
}

function readSeconds(text: string | undefined): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 86_400) {
    throw new CliError('CLI_OPTION_INVALID', '--every takes whole seconds, 1 to 86400.', { path: '--every' });
  }
  return seconds;
}

function pause(seconds: number, { signal }: Io): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
