export { createBatchLoader } from './batch-loader.ts';
export { type Database, isDatabaseDown, openDatabase, type Queryable } from './database.ts';
export { createGroupCommit, type GroupCommit } from './group-commit.ts';
