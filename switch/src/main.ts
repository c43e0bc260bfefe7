import cluster from 'node:cluster';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ledgerMigrations } from '@barlink/ledger';
import { findPostgres, migrate } from '@barlink/postgres';
import { parseParticipantId } from '@barlink/protocol';
import { type Logger, pino } from 'pino';
import { type ComposedSwitch, composeSwitch } from './compose.ts';
import { type Config, readConfig } from './config.ts';
import { listHosts, openDatabase, untilAnswers } from './database/index.ts';
import { readSwitchKeys } from './key-files.ts';
import { readTlsFiles, watchTlsFiles } from './tls-files.ts';
import { startWorkers } from './workers.ts';

/** How often a process looks whether TLS files were written. */
const tlsLookMs = 2000;
/**
 * Connections that may wait to be taken. Node's 511 overflow when a crowd connects at once: the kernel drops
 * what is over, and the sender's own retry comes seconds later.
 */
const backlog = 4096;

/** Starts the switch: in this process, or in as many as BARLINK_WORKERS says. */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = pino({ level: config.logLevel });
  if (config.workers > 1 && cluster.isPrimary) {
    const onDeath = (what: object) => log.error(what, 'a worker died');
    const scheme = config.tls.mode === 'mutual' ? 'https' : 'http';
    const group = await startWorkers({ count: config.workers, scheme, onDeath });
    process.stdout.write(`barlink-switch ready on ${group.url}\n`);
    stopOnSignal(group.stop);
    return;
  }
  const { url, stop } = await serve(config, log);
  if (cluster.isPrimary) {
    process.stdout.write(`barlink-switch ready on ${url}\n`);
  }
  stopOnSignal(stop);
}

/** One process that serves: database, migrations, keys, modules, HTTP. */
async function serve(config: Config, log: Logger): Promise<{ url: string; stop(): Promise<void> }> {
  const postgres = await findServer(config, log);
  const onError = (error: Error) => log.error({ error }, 'database connections');
  const connections = config.databaseConnections;
  // A migration takes as long as it takes.
  const migrating = openDatabase({ url: postgres.url, connections: 2, onError, deadlineMs: 0 });
  await untilAnswers(migrating, { withinMs: databaseWithinMs });
  await migrate(migrating.pool, { folder: ledgerMigrations, schema: 'ledger' });
  await migrate(migrating.pool, { folder: new URL('../migrations/', import.meta.url), schema: 'public' });
  await migrating.close();
  const deadlineMs = config.databaseDeadlineMs;
  const database = openDatabase({ url: postgres.url, connections, onError, deadlineMs });
  await untilAnswers(database, { withinMs: databaseWithinMs });
  const composed = await composeSwitch({
    config,
    database,
    keys: await readSwitchKeys(config.folder, { ...config, now: new Date() }),
    tls: await readTlsFiles(config.tls, new Date()),
    now: () => new Date(),
    onServed: ({ error, ...served }) => {
      if (error === undefined) {
        log.debug(served, 'served');
      } else {
        log.error({ ...served, err: error }, 'request failed');
      }
    },
    onError: (error, where) => log.warn({ err: error, where }, 'background work failed'),
  });
  await enterOperator(composed, config);
  composed.server.listen({ port: config.port, host: config.host, backlog });
  await once(composed.server, 'listening');
  if (config.tls.publicPort !== undefined) {
    composed.publicServer.listen({ port: config.tls.publicPort, host: config.host, backlog });
    await once(composed.publicServer, 'listening');
  }
  const watch = watchTls(composed, { config, log });
  composed.start();
  return {
    url: urlOf(composed, config),
    async stop() {
      watch.stop();
      await composed.stop();
      await database.close();
      await postgres.stop();
    },
  };
}

/** How long a start waits for the database to say that it takes writes. */
const databaseWithinMs = 30_000;

/** Several hosts are a database that somebody else runs; with none or one it is looked for or started. */
async function findServer(config: Config, log: Logger): Promise<{ url: string; stop(): Promise<void> }> {
  const { databaseUrl: url } = config;
  if (url !== undefined && listHosts(url).length > 1) {
    return { url, stop: async () => undefined };
  }
  return findPostgres({
    url,
    dataFolder: join(config.folder, 'postgres'),
    log: (line) => log.info(line),
  });
}

/** The first operator is entered from its public key file; all others are registered by an operator. */
async function enterOperator({ participants, certificates }: ComposedSwitch, config: Config): Promise<void> {
  if (config.operatorJwkFile === undefined) {
    return;
  }
  const jwk = JSON.parse(await readFile(config.operatorJwkFile, 'utf8')) as Record<string, unknown>;
  await participants.bootstrap(
    {
      id: parseParticipantId('operator'),
      name: 'Operator',
      number: '000001',
      roles: ['operator'],
      url: 'http://127.0.0.1:1',
      state: 'active',
      createdAt: new Date(),
    },
    { jwk, use: 'messages' },
  );
  if (config.operatorCertFile !== undefined) {
    await certificates.bootstrap('operator', await readFile(config.operatorCertFile, 'utf8'));
  }
}

/** Certificates and lists are taken as they are renewed; what cannot be read is left until it can. */
function watchTls(
  composed: ComposedSwitch,
  { config, log }: { readonly config: Config; readonly log: Logger },
): { stop(): void } {
  const renew = async () => {
    const files = await readTlsFiles(config.tls, new Date());
    if (files !== undefined) {
      await composed.renewTls(files);
      log.info('took new TLS files');
    }
  };
  const onChange = () => void renew().catch((error: unknown) => log.error({ err: error }, 'TLS files'));
  return watchTlsFiles(config.tls, { everyMs: tlsLookMs, onChange });
}

function urlOf({ server }: ComposedSwitch, { tls }: Config): string {
  const address = server.address();
  return typeof address === 'object' && address !== null
    ? `${tls.mode === 'mutual' ? 'https' : 'http'}://${address.address}:${address.port}`
    : String(address);
}

function stopOnSignal(stop: () => Promise<void>): void {
  let isStopping = false;
  const end = () => {
    if (!isStopping) {
      isStopping = true;
      stop().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    }
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
}

main().catch((error: unknown) => {
  process.stderr.write(`barlink-switch could not start: ${describe(error)}\n`);
  process.exit(1);
});

function describe(error: unknown): string {
  const { code, message, path } = error as { code?: unknown; message?: unknown; path?: unknown };
  return [code, path, message].filter((part) => typeof part === 'string').join(' ');
}
