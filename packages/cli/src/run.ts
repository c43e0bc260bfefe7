import { createRequire } from 'node:module';
import { CodeError } from '@barlink/codes';
import { PrintError } from '@barlink/print';
import { ProtocolError } from '@barlink/protocol';
import { Command, CommanderError } from 'commander';
import { addAuditCommands } from './audit-commands.ts';
import { addCaCommands } from './ca-commands.ts';
import { CliError, type CliErrorCode } from './cli-error.ts';
import { addCodeCommands } from './code-commands.ts';
import { addEvidenceCommand } from './evidence-command.ts';
import { type ExitCode, exitCodes } from './exit-code.ts';
import { colorsOf, type Io, printJson } from './io.ts';
import { addKeyCommands } from './key-commands.ts';
import { addPrintCommands } from './print-commands.ts';
import { addVaultCommands } from './vault-commands.ts';
import { addVerifyCommand } from './verify-command.ts';

/**
 * Runs the `barlink` command.
 *
 * @param argv what follows the command's name
 * @returns what the process ends with
 */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  let exit: ExitCode = exitCodes.ok;
  const program = createProgram(io, (code) => {
    exit = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exit;
  } catch (error) {
    return report(error, { io, json: argv.includes('--json') });
  }
}

function createProgram(io: Io, end: (exit: ExitCode) => void): Command {
  const program = new Command('barlink');
  program
    .description('Payment codes from the terminal: make, read, explain, sign, verify and print them.')
    .version(version, '-V, --version')
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride()
    .showHelpAfterError('(add --help for what there is)')
    .addHelpText(
      'after',
      `
Exit codes:
  0    all was well
  1    the answer is no: no code, a signature that does not hold, lines left out
  2    called in a way it does not know
  3    a file cannot be read or written, or the switch not reached
  70   a fault of ours
  130  stopped with Ctrl-C

Examples:
  $ barlink code explain sticker.png
  $ barlink print poster code.txt -o poster.pdf --name 老街茶馆
  $ barlink keys new -o acquirer.key.json
  $ barlink audit verify log.ndjson --switch-keys keys.json

Colours go away in pipes and with NO_COLOR. With --json, answers and errors are JSON on stdout.`,
    );
  addCodeCommands(program, io, end);
  addVerifyCommand(program, io, end);
  addEvidenceCommand(program, io);
  addPrintCommands(program, io, end);
  addKeyCommands(program, io);
  addCaCommands(program, io);
  addAuditCommands(program, io, end);
  addVaultCommands(program, io, end);
  inherit(program);
  return program;
}

/** Settings of commander reach commands that were made after them, but not those of their own making. */
function inherit(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inherit(child);
  }
}

interface ReportContext {
  readonly io: Io;
  readonly json: boolean;
}

/** A user's mistake in one line; a stack only for a fault of ours, and only when it is asked for. */
function report(error: unknown, { io, json }: ReportContext): ExitCode {
  if (error instanceof CommanderError) {
    // Help and version end here too, with 0.
    if (error.exitCode === 0) {
      return exitCodes.ok;
    }
    if (json) {
      const message = error.message.replace(/^error: /, '');
      printJson(io, { error: { code: 'CLI_USAGE_INVALID' satisfies CliErrorCode, message } });
    }
    return exitCodes.usage;
  }
  const known = describe(error);
  if (json) {
    const { code, message, path } = known;
    printJson(io, { error: { code, message, ...(path !== undefined && { path }) } });
  } else {
    const { red, dim } = colorsOf(io.stderr, io);
    const place = known.path === undefined || known.path === '' ? '' : ` (${known.path})`;
    io.stderr.write(`${red('barlink:')} ${known.message}${place} ${dim(known.code)}\n`);
  }
  if (known.exit === exitCodes.fault && io.env.BARLINK_DEBUG !== undefined && error instanceof Error) {
    io.stderr.write(`${error.stack}\n`);
  }
  return known.exit;
}

interface Described {
  readonly code: string;
  readonly message: string;
  readonly path: string | undefined;
  readonly exit: ExitCode;
}

function describe(error: unknown): Described {
  if (error instanceof CliError) {
    const { code, message, path, exitCode } = error;
    return { code, message, path, exit: exitCode };
  }
  if (error instanceof CodeError || error instanceof PrintError || error instanceof ProtocolError) {
    const { code, message, path } = error;
    return { code, message, path, exit: exitCodes.no };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'FAULT',
    message: `A fault of ours: ${message}. BARLINK_DEBUG=1 shows where.`,
    path: undefined,
    exit: exitCodes.fault,
  };
}

const { version }: { version: string } = createRequire(import.meta.url)('../package.json');
