/** The write-ahead log of a server that has run for a while. */
import pg from 'pg';

/**
 * Has the server make as many files of its write-ahead log as it keeps (`min_wal_size`), so that from now
 * on it uses them again, as one does that has run for a checkpoint. While a new one is made, every commit
 * waits.
 */
export async function makeLogFiles(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const kept = await client.query<{ files: number }>(
      `select (pg_size_bytes(current_setting('min_wal_size'))
        / pg_size_bytes(current_setting('wal_segment_size')))::integer as files`,
    );
    for (let made = 0; made < (kept.rows[0]?.files ?? 0); made += 1) {
      await client.query("select pg_logical_emit_message(false, 'bench', '')");
      await client.query('select pg_switch_wal()');
    }
    await client.query('checkpoint');
  } finally {
    await client.end();
  }
}
