export type { BinaryOrigin } from './binaries.ts';
export type { PostgresErrorCode } from './errors.ts';
export { PostgresError } from './errors.ts';
export type { FindPostgresOptions, RunningPostgres } from './find.ts';
export { findPostgres } from './find.ts';
export type { MigrateOptions } from './migrate.ts';
export { migrate } from './migrate.ts';
export type { Durability } from './postmaster.ts';
