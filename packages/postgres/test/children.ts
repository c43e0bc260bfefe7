import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import type { Durability } from '../src/index.ts';

const ENTRY = new URL('../src/index.ts', import.meta.url).href;
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** Another process that holds a server, as the switch would. */
export interface Holder {
  readonly url: string;
  readonly home: string;
  /** Ends it the way a power cut would end the switch. */
  kill(): Promise<void>;
  /** Lets it stop its server and end. */
  end(): Promise<void>;
}

export interface HolderOptions {
  readonly dataFolder: string;
  readonly durability?: Durability;
  readonly uid?: number;
  /** A program that runs the holder, with its parameters. */
  readonly wrapper?: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
}

/** Starts a process that finds a server, tells where, and holds it until its input closes. */
export async function startHolder(options: HolderOptions): Promise<Holder> {
  const { dataFolder, durability } = options;
  const script = `
    import { findPostgres } from ${JSON.stringify(ENTRY)};
    const found = await findPostgres(${JSON.stringify({ dataFolder, durability })});
    console.log(JSON.stringify({ url: found.url, home: found.home }));
    process.stdin.resume().once('end', () => found.stop());
  `;
  const node = [process.execPath, '--import', TSX, '--input-type=module', '-e', script];
  const [program = '', ...parameters] = [...(options.wrapper ?? []), ...node];
  const child = spawn(program, parameters, {
    cwd: '/',
    env: { ...process.env, ...options.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const line = await Promise.race([firstLine(child), once(child, 'close').then(() => undefined)]);
  if (line === undefined) throw new Error(`The holder ended at once: ${complaint}`);
  const { url, home } = JSON.parse(line) as { url: string; home: string };
  const ended = once(child, 'close');
  return {
    url,
    home,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    end: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string | undefined> {
  if (child.stdout === null) return undefined;
  const [line] = await once(createInterface(child.stdout), 'line');
  return typeof line === 'string' ? line : undefined;
}
