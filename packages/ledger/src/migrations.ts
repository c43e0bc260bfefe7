/**
 * The folder of this package's SQL migrations, for `migrate(pool, { folder: ledgerMigrations, schema:
 * 'ledger' })`.
 */
export const ledgerMigrations: URL = new URL('../migrations/', import.meta.url);
