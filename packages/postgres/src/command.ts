import { spawn } from 'node:child_process';

/** The unprivileged user a server runs as; undefined where this process is not root and runs it as itself. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

export interface CommandResult {
  /** Exit code; undefined when the program could not be started or was killed. */
  readonly exitCode: number | undefined;
  /** Standard output and standard error, as they came. */
  readonly output: string;
}

export interface CommandOptions {
  readonly user?: ServerUser | undefined;
  readonly environment?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}

/** Runs a program to its end, as the given user. Never throws: one that cannot start is a result too. */
export function runCommand(
  program: string,
  parameters: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    try {
      const child = spawn(program, parameters, {
        ...spawnIdentity(options.user),
        env: options.environment ?? process.env,
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: options.timeoutMs ?? 120_000,
      });
      let output = '';
      const collect = (text: string) => {
        output += text;
      };
      child.stdout.setEncoding('utf8').on('data', collect);
      child.stderr.setEncoding('utf8').on('data', collect);
      child.once('error', (error) => resolve({ exitCode: undefined, output: `${output}${error.message}` }));
      child.once('close', (code) => resolve({ exitCode: code ?? undefined, output }));
    } catch (error) {
      // Some reasons are reported at once: EINVAL for a user that this container does not map.
      resolve({ exitCode: undefined, output: error instanceof Error ? error.message : String(error) });
    }
  });
}

/** Who a child runs as, and a working folder that user can enter. */
export function spawnIdentity(user: ServerUser | undefined): { cwd?: string; uid?: number; gid?: number } {
  // initdb and postgres look up their working folder and refuse to run in one they cannot enter.
  if (process.platform === 'win32') return {};
  return user === undefined ? { cwd: '/' } : { cwd: '/', uid: user.uid, gid: user.gid };
}
