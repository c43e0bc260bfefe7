import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { DatabaseHost } from './hosts.ts';

/** Knows which of several servers takes writes, and looks again when it stops doing so. */
export interface PrimaryFinder {
  /** Where new connections go. */
  readonly current: DatabaseHost;
  /** For node-postgres: the socket of a new connection to `current`. */
  openSocket(): Socket;
  /** Checks a new connection before its first use. @throws when its server is not the primary */
  verify(connection: pg.ClientBase): Promise<void>;
  /** Something went wrong that another primary would explain: looks for it, once at a time. */
  suspect(): void;
  stop(): void;
}

/** How a server answers when it is asked what it is. */
interface Standing {
  readonly host: DatabaseHost;
  readonly timeline: number;
}

/** A server that does not answer within this time is not the one. */
const probeMs = 1500;
/** The others get this much longer than the first one that says yes: there may be two that do. */
const graceMs = 300;
const lookAgainMs = 200;
/** The first connection waits this long for all to be asked. */
const firstLookMs = 2 * probeMs;

/** SQLSTATE read_only_sql_transaction: what a server says that has become a replica. */
export const readOnlyCode = '25006';

const askStanding = `select case when pg_is_in_recovery() then 0
  else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int end as timeline`;

/**
 * Of two servers that both take writes the one on the later timeline was promoted later; an old leader that
 * wakes up is on an earlier one (docs/failover.md).
 */
export function createPrimaryFinder(
  hosts: readonly [DatabaseHost, ...DatabaseHost[]],
  options: { readonly onFound: (host: DatabaseHost) => void },
): PrimaryFinder {
  let current = hosts[0];
  let timeline = 0;
  let looking: Promise<void> | undefined;
  let isStopped = false;
  const sockets = new Map<Socket, DatabaseHost>();

  async function look(): Promise<void> {
    while (!isStopped) {
      const found = await findLatest(hosts);
      if (found !== undefined && found.timeline >= timeline) {
        adopt(found);
        return;
      }
      await sleep(lookAgainMs);
    }
  }

  function adopt(found: Standing): void {
    timeline = found.timeline;
    const isNew = found.host !== current;
    current = found.host;
    // What is still connected elsewhere would wait for a server that is gone or may not answer for us.
    for (const [socket, host] of sockets) {
      if (host !== current) {
        socket.destroy();
      }
    }
    if (isNew) {
      options.onFound(current);
    }
  }

  function suspect(): void {
    if (hosts.length > 1 && looking === undefined && !isStopped) {
      looking = look().finally(() => {
        looking = undefined;
      });
    }
  }

  // Who has just started knows no timeline yet that tells an old leader from the latest one.
  suspect();

  return {
    get current() {
      return current;
    },
    openSocket() {
      const socket = new Socket();
      sockets.set(socket, current);
      socket.once('close', () => {
        sockets.delete(socket);
        suspect();
      });
      return socket;
    },
    async verify(connection) {
      if (hosts.length === 1) {
        return;
      }
      if (timeline === 0) {
        await Promise.race([looking, sleep(firstLookMs, undefined, { ref: false })]);
      }
      const { rows } = await connection.query<{ timeline: number }>(askStanding);
      const seen = rows[0]?.timeline ?? 0;
      if (timeline === 0 || seen < timeline) {
        suspect();
        throw Object.assign(new Error('this server is not the primary'), { code: readOnlyCode });
      }
      timeline = seen;
    },
    suspect,
    stop() {
      isStopped = true;
    },
  };
}

/** Asks all servers at once. */
async function findLatest(hosts: readonly DatabaseHost[]): Promise<Standing | undefined> {
  const primaries: Standing[] = [];
  let settle: () => void = () => undefined;
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const probes = hosts.map(async (host) => {
    const timeline = await probe(host).catch(() => 0);
    if (timeline > 0) {
      primaries.push({ host, timeline });
      setTimeout(settle, graceMs);
    }
  });
  await Promise.race([Promise.all(probes), settled]);
  return primaries.sort((one, other) => other.timeline - one.timeline)[0];
}

async function probe(host: DatabaseHost): Promise<number> {
  const client = new pg.Client({
    connectionString: host.url,
    connectionTimeoutMillis: probeMs,
    query_timeout: probeMs,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ timeline: number }>(askStanding);
    return rows[0]?.timeline ?? 0;
  } finally {
    void client.end().catch(() => undefined);
  }
}
