export type { TestClock } from './clock.ts';
export { createClock } from './clock.ts';
export { createIds } from './ids.ts';
export { needPublished } from './published-vectors.ts';
export { makeSoftToken, missingForSoftToken } from './soft-token.ts';
export type { MigrationSource, TestDatabase, TestDatabaseOptions } from './test-database.ts';
export { createTestDatabase } from './test-database.ts';
