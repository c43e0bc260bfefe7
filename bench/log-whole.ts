import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/**
 * Waits until the transparency log has taken in every leaf that was written.
 *
 * @throws when it has not after a minute, or holds more leaves than were written
 */
export async function untilLogIsWhole(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const endsAt = Date.now() + 60_000;
  try {
    for (;;) {
      const waiting = await countWaiting(client);
      if (waiting === 0) return;
      if (waiting < 0) throw new Error(`the log holds ${-waiting} leaves more than were written`);
      if (Date.now() > endsAt) throw new Error(`the log has not taken in ${waiting} leaves`);
      await delay(200);
    }
  } finally {
    await client.end();
  }
}

async function countWaiting(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ waiting: string }>(
    `select (select count(*) from log_leaves)
      - coalesce((select size from log_heads order by size desc limit 1), 0) as waiting`,
  );
  return Number(rows[0]?.waiting);
}
