import type { Database } from '../database/index.ts';
import type { TokenRefusal, TokenUseStore } from './token-use-store.ts';

/**
 * Tells issuers and operator of payments a token was not good for. Who asked waits for none of it: a token
 * that refuses answers as fast as one that does not exist.
 */
export interface RefusalNotes {
  note(refusal: Omit<TokenRefusal, 'id' | 'at'>): void;
  /** Resolves when everything noted so far is written, or has failed. */
  settled(): Promise<void>;
}

/** Notes that wait; more are dropped, so that a flood of refusals costs no memory. */
const waitingMax = 10_000;
/** Notes of one statement. */
const batchMax = 500;

/** Notes written behind the answers, many in one statement. */
export function createRefusalNotes(options: {
  readonly database: Database;
  readonly store: TokenUseStore;
  readonly newId: () => string;
  readonly now: () => Date;
  readonly onError: (error: unknown) => void;
}): RefusalNotes {
  const { database, store, newId, now, onError } = options;
  const waiting: TokenRefusal[] = [];
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    await Promise.resolve();
    while (waiting.length > 0) {
      await store.insertRefusals(database, waiting.splice(0, batchMax)).catch(onError);
    }
    writing = undefined;
  }

  return {
    note(refusal) {
      if (waiting.length < waitingMax) {
        waiting.push({ ...refusal, id: newId(), at: now() });
        writing ??= write();
      }
    },
    settled: async () => writing,
  };
}
