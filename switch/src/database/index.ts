export { createBatchLoader } from './batch-loader.ts';
export { type Beat, createBeat } from './beat.ts';
export { numberColumn, textColumn, timestampColumn, uuidColumn } from './columns.ts';
export {
  type Database,
  isDatabaseDown,
  openDatabase,
  type Queryable,
  toDatabase,
  untilAnswers,
} from './database.ts';
export { createGroupCommit, type GroupCommit } from './group-commit.ts';
export { listHosts } from './hosts.ts';
export { QueueFull } from './queue-full.ts';
export { commitBehind, sentTogether } from './sent-together.ts';
