export { createBatchLoader } from './batch-loader.ts';
export { type Beat, createBeat } from './beat.ts';
export { type Database, isDatabaseDown, openDatabase, type Queryable, toDatabase } from './database.ts';
export { createGroupCommit, type GroupCommit } from './group-commit.ts';
