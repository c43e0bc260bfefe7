/** A process that writes until it is killed; it tells its parent what it asks and what was answered. */
import pg from 'pg';
import { createLedger } from '../src/index.ts';
import { newId } from './database.ts';

const [url, ...accountIds] = process.argv.slice(2);
const ledger = createLedger(new pg.Pool({ connectionString: url ?? '' }));

async function write(): Promise<void> {
  for (;;) {
    const rows = Array.from({ length: 20 }, (_, index) => ({
      id: newId(),
      debitAccountId: accountIds[index % 5] ?? '',
      creditAccountId: accountIds[5] ?? '',
      amount: 3n,
      ledger: 1,
      code: 1,
    }));
    process.send?.({ kind: 'asking', rows: rows.map((row) => ({ ...row, amount: String(row.amount) })) });
    const results = await ledger.createTransfers(rows);
    process.send?.({ kind: 'answered', ids: results.map((one) => one.id) });
  }
}

await Promise.all([write(), write(), write()]);
