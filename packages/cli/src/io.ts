import { readFile, writeFile } from 'node:fs/promises';
import pc from 'picocolors';
import { CliError } from './cli-error.ts';

/** What the command can reach of the world; tests and other programs give their own. */
export interface Io {
  readonly stdin: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean };
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Somewhere to write. */
export interface Sink {
  write(text: string | Uint8Array): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Words in colour, or plain ones. */
export type Colors = ReturnType<typeof pc.createColors>;

/** Colours for a sink: none in a file, in a pipe or with NO_COLOR (no-color.org), unless FORCE_COLOR asks. */
export function colorsOf(sink: Sink, { env }: Io): Colors {
  const isForbidden = env.NO_COLOR !== undefined && env.NO_COLOR !== '';
  const isForced = env.FORCE_COLOR !== undefined && !['', '0', 'false'].includes(env.FORCE_COLOR);
  const isTerminal = sink.isTTY === true && env.TERM !== 'dumb';
  return pc.createColors(!isForbidden && (isForced || isTerminal));
}

/** A line of the answer. */
export function print(io: Io, line = ''): void {
  io.stdout.write(`${line}\n`);
}

/** The answer as JSON: one value, two spaces, a line end. */
export function printJson(io: Io, value: unknown): void {
  print(
    io,
    JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? String(each) : each), 2),
  );
}

/** Everything on stdin. */
export async function readStdin({ stdin }: Io): Promise<Buffer> {
  if (stdin.isTTY === true) {
    throw new CliError('CLI_INPUT_MISSING', 'Give a text, a file, or pipe one in.');
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    length += chunk.length;
    if (length > inputBytesMax) {
      throw new CliError('CLI_FILE_UNREADABLE', 'The input is larger than 50 MB.', { path: '-' });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A file's bytes; `-` is stdin. */
export async function readInput(path: string, io: Io): Promise<Buffer> {
  if (path === '-') {
    return readStdin(io);
  }
  try {
    return await readFile(path);
  } catch (cause) {
    throw new CliError('CLI_FILE_UNREADABLE', `${path} cannot be read${whyOf(cause)}.`, { path, cause });
  }
}

/** A file's JSON. */
export async function readJson(path: string, io: Io): Promise<unknown> {
  const text = (await readInput(path, io)).toString('utf8');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CliError('CLI_JSON_MALFORMED', `${path} is not JSON.`, { path, cause });
  }
}

/** How a file is written. */
export interface WriteOptions {
  /** `replace` unless it must not be there yet. */
  readonly existing?: 'replace' | 'refuse';
  readonly mode?: number;
}

/** Writes a file; `-` is stdout. */
export async function writeOutput(
  path: string,
  content: string | Uint8Array,
  { io, existing = 'replace', mode = 0o644 }: WriteOptions & { readonly io: Io },
): Promise<void> {
  if (path === '-') {
    io.stdout.write(content);
    return;
  }
  try {
    await writeFile(path, content, { mode, flag: existing === 'refuse' ? 'wx' : 'w' });
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') {
      throw new CliError('CLI_FILE_EXISTS', `${path} is there already.`, { path, cause });
    }
    throw new CliError('CLI_FILE_UNWRITABLE', `${path} cannot be written${whyOf(cause)}.`, { path, cause });
  }
}

const inputBytesMax = 50_000_000;

function whyOf(cause: unknown): string {
  const why = reasons[codeOf(cause) ?? ''];
  return why === undefined ? '' : `: ${why}`;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'it is not allowed',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is a file',
  ENOSPC: 'the disk is full',
};

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
}
