import { fileURLToPath } from 'node:url';
import { type Durability, findPostgres, type RunningPostgres } from '@barlink/postgres';
import { stopBehind } from './stop-behind.ts';

/** One file's use of the test server. */
export interface TestServer {
  readonly url: string;
  /** True when the server serves this checkout alone, so that leftovers in it are ours to remove. */
  readonly isOurs: boolean;
  /** Ends this use. The server ends a little after its last use, unless a new one comes. */
  release(): void;
}

interface SharedServer {
  readonly running: Promise<RunningPostgres>;
  /** Forgets to stop it when the process ends. */
  readonly callOff: () => void;
  uses: number;
  ending: NodeJS.Timeout | undefined;
}

// Long enough to bridge from one test file to the next, short enough not to be felt at the end of the run.
const LINGER_MS = 500;

const servers = new Map<Durability, SharedServer>();

/**
 * The PostgreSQL of this test run: the one BARLINK_TEST_DATABASE_URL names, else one of our own with its data
 * in `.barlink/test` of the checkout, found once per process and shared with other processes that test.
 */
export async function useTestServer(durability: Durability): Promise<TestServer> {
  const shared = servers.get(durability) ?? startShared(durability);
  shared.uses += 1;
  clearTimeout(shared.ending);
  const release = () => {
    shared.uses -= 1;
    if (shared.uses === 0) shared.ending = setTimeout(() => endShared(durability, shared), LINGER_MS);
  };
  try {
    const { url, origin } = await shared.running;
    return { url, isOurs: origin !== 'url', release };
  } catch (error) {
    servers.delete(durability);
    shared.callOff();
    throw error;
  }
}

function startShared(durability: Durability): SharedServer {
  const options = {
    url: process.env.BARLINK_TEST_DATABASE_URL,
    dataFolder: fileURLToPath(new URL(`../../../.barlink/test/${durability}`, import.meta.url)),
    durability,
  };
  const callOff = stopBehind(options);
  const shared: SharedServer = { running: findPostgres(options), callOff, uses: 0, ending: undefined };
  servers.set(durability, shared);
  return shared;
}

async function endShared(durability: Durability, shared: SharedServer): Promise<void> {
  servers.delete(durability);
  const running = await shared.running;
  await running.stop();
  shared.callOff();
}
