import { resolve } from 'node:path';

/** What `npm start` and `npm run demo` take from the environment. */
export interface Settings {
  /** `BARLINK_FOLDER`: state of the switch and of the network; `.barlink` when absent. */
  readonly folder: string;
  /** `BARLINK_PORT`: where the switch answers; 8080 when absent. */
  readonly port: number;
  /** `DATABASE_URL`: a PostgreSQL to use. */
  readonly databaseUrl: string | undefined;
}

/** Reads the settings once. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const port = environment.BARLINK_PORT ?? '8080';
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new Error('BARLINK_PORT must be a port number.');
  }
  return {
    folder: resolve(environment.BARLINK_FOLDER ?? '.barlink'),
    port: Number(port),
    databaseUrl: environment.DATABASE_URL,
  };
}
