import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How the command ended. */
export interface Ended {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

const program = fileURLToPath(new URL('../bin/barlink.js', import.meta.url));

/** Runs the real command in a process of its own, in a folder. */
export function barlink(
  args: readonly string[],
  {
    cwd,
    input = '',
    env = {},
  }: { readonly cwd?: string; readonly input?: string | Uint8Array; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      ...(cwd !== undefined && { cwd }),
      env: { PATH: process.env.PATH, ...env },
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.on('error', reject);
    child.on('close', (exit) => resolve({ exit, out, err }));
    // A command that does not read its stdin may have closed it.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** A folder for the files of a test file; taken away when it ends. */
export function useFolder(): (name: string) => string {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'barlink-cli-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  return (name) => join(folder, name);
}
