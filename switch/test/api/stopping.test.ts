import assert from 'node:assert/strict';
import { Client } from 'pg';
import { startSwitch } from '../support/start-switch.ts';

/** What a switch process looks at by itself, once a second. */
const lookedAt = ['participants', 'participant_certificates', 'outflow_limits', 'outbox'];

describe('a switch that stops', () => {
  it('ends the looks at its tables that are under way, and nothing of it is a fault', async () => {
    const running = await startSwitch();
    const holder = new Client({ connectionString: running.database.url });
    await holder.connect();
    try {
      await holder.query('begin');
      await holder.query(`lock table ${lookedAt.join(', ')} in access exclusive mode`);
      await untilWaiting(holder, lookedAt.length);
      // As a process does it: everything stops, then the connections to the database end.
      const stopped = running.stop();
      // Time enough to end without waiting. A slow machine fails no switch that does wait.
      await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, 500))]);
      await holder.query('commit');
      await holder.end();
      await stopped;
    } finally {
      await holder.end().catch(() => undefined);
    }
    assert.deepEqual(running.faults, []);
  });
});

/** Ends when as many queries wait for a lock as there are tables. */
async function untilWaiting(holder: Client, tables: number): Promise<void> {
  const text = 'select count(distinct relation)::int as tables from pg_locks where not granted';
  for (;;) {
    const { rows } = await holder.query<{ tables: number }>(text);
    if ((rows[0]?.tables ?? 0) >= tables) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
