import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { writeOperatorJwk } from './keys.ts';

/** Options of {@link startSwitch}. */
export interface StartSwitchOptions {
  /** Where the switch keeps its keys, its database and its log. */
  readonly folder: string;
  /** 0 takes a free one; then there are no codes behind a URL, unless the settings say where they lie. */
  readonly port: number;
  /** A PostgreSQL to use; without it the switch starts one. */
  readonly databaseUrl?: string | undefined;
  /** More settings of the switch, by the names of its environment variables. */
  readonly settings?: Readonly<Record<string, string>>;
  /**
   * `shared`: Ctrl-C reaches the switch as it reaches us, and both end. `own`: it does not; whoever started
   * the switch stops it. `shared` when absent.
   */
  readonly group?: 'shared' | 'own';
  /** The switch's main module; the one of this repository when absent. */
  readonly main?: string;
}

/** A switch in a process of its own. */
export interface SwitchProcess {
  readonly url: string;
  readonly pid: number;
  /** Where its log goes. */
  readonly logFile: string;
  /** Ends when the process has ended. */
  readonly ended: Promise<void>;
  /** Asks it to stop and waits; after 20 s it is killed. */
  stop(): Promise<void>;
}

const repositoryMain = fileURLToPath(new URL('../../../switch/dist/main.js', import.meta.url));
const startWithinMs = 120_000;
const stopWithinMs = 20_000;

/** Starts a switch and waits until it answers. Rejects with the end of its log when it does not come up. */
export async function startSwitch(options: StartSwitchOptions): Promise<SwitchProcess> {
  const { folder, port, databaseUrl, group = 'shared', main = repositoryMain } = options;
  if (!existsSync(main)) {
    throw new Error(`There is no switch at ${main}: run \`npm run build\` first.`);
  }
  // Not closed to others: PostgreSQL may have to run as another user below it. Keys have a closed folder of
  // their own.
  mkdirSync(folder, { recursive: true });
  const logFile = join(folder, 'switch.log');
  const child = spawn(process.execPath, [main], {
    env: {
      ...whereCodesLie(options),
      ...process.env,
      ...options.settings,
      BARLINK_FOLDER: folder,
      BARLINK_PORT: String(port),
      BARLINK_OPERATOR_JWK_FILE: await writeOperatorJwk(folder),
      ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: group === 'own',
  });
  const killWithUs = () => child.kill('SIGTERM');
  process.once('exit', killWithUs);
  const ended = once(child, 'exit').then(() => {
    process.off('exit', killWithUs);
  });
  const url = await readUrl(child, logFile);
  return { url, pid: child.pid ?? 0, logFile, ended, stop: () => stopChild(child, ended) };
}

/** Codes behind a URL lie at the switch itself: on this machine only, and where the port is known before. */
function whereCodesLie({ port, settings }: StartSwitchOptions): Readonly<Record<string, string>> {
  const isPlain = (settings?.BARLINK_TLS ?? 'off') === 'off';
  return port === 0 || !isPlain ? {} : { BARLINK_CODE_URL: `http://127.0.0.1:${port}/c/` };
}

function readUrl(child: ChildProcess, logFile: string): Promise<string> {
  const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 });
  child.stderr?.pipe(log, { end: false });
  return new Promise((resolve, reject) => {
    const fail = (what: string) => {
      clearTimeout(timer);
      child.kill('SIGTERM');
      log.end(() => reject(new Error(`${what}\n${lastLines(logFile)}`)));
    };
    const timer = setTimeout(() => fail('The switch did not come up in time.'), startWithinMs);
    child.once('error', (error) => fail(`The switch could not be started: ${error.message}`));
    child.once('exit', (code) => fail(`The switch ended with ${code}.`));
    createInterface({ input: child.stdout ?? process.stdin }).on('line', (line) => {
      log.write(`${line}\n`);
      const ready = /^barlink-switch ready on (\S+)$/.exec(line)?.[1];
      if (ready !== undefined) {
        clearTimeout(timer);
        resolve(ready);
      }
    });
  });
}

async function stopChild(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
  await ended;
  clearTimeout(timer);
}

function lastLines(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-8).join('\n') : '';
}
