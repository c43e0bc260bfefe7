/** The write-ahead log of a server that has run for a while. */
import pg from 'pg';

/** As many files of 16 MB as the server keeps (`min_wal_size`). */
const filesKept = 64;

/**
 * Has the server make the files of its write-ahead log, so that from now on it uses them again, as one does
 * that has run for a checkpoint. While a new one is made, every commit waits.
 */
export async function makeLogFiles(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (let made = 0; made < filesKept; made += 1) {
      await client.query("select pg_logical_emit_message(false, 'bench', '')");
      await client.query('select pg_switch_wal()');
    }
    await client.query('checkpoint');
  } finally {
    await client.end();
  }
}
