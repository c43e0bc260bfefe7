import { type AuthorizationAnswer, createRecent, type Recent } from '@barlink/protocol';

/**
 * What an issuer answered per payment. The same question gets the same answer, over restarts too when the
 * book is kept in a database.
 *
 * An issuer that books in a database implements this on the same database and keeps the answer inside the
 * transaction that debits the account: then a crash leaves either both or neither.
 */
export interface IssuerBook {
  find(paymentId: string): AuthorizationAnswer | undefined | Promise<AuthorizationAnswer | undefined>;
  /** Keeps the answer unless one is kept already, atomically; gives back the one that is kept now. */
  keep(answer: AuthorizationAnswer): AuthorizationAnswer | Promise<AuthorizationAnswer>;
  /** Puts a reversal in the place of what was kept. */
  replace(answer: AuthorizationAnswer): void | Promise<void>;
}

/** Which events a receiver has handled; they come at least once. */
export interface EventBook {
  has(eventId: string): boolean | Promise<boolean>;
  /** Called when the handler is done with the event. */
  add(eventId: string): void | Promise<void>;
}

/**
 * A book that lasts as long as the process: for tests, simulators and first steps.
 *
 * @param answers where they are kept, all of them unless told; a payment it forgets is debited again when the
 *   switch asks again
 */
export function createMemoryIssuerBook(
  answers: Recent<string, AuthorizationAnswer> = new Map<string, AuthorizationAnswer>(),
): IssuerBook {
  return {
    find: (paymentId) => answers.get(paymentId),
    keep: (answer) => {
      const kept = answers.get(answer.paymentId);
      if (kept !== undefined) {
        return kept;
      }
      answers.set(answer.paymentId, answer);
      return answer;
    },
    replace: (answer) => {
      answers.set(answer.paymentId, answer);
    },
  };
}

const eventsKeptLeast = 100_000;

/** Remembers at least the last 100,000 events of this process, and at most twice as many. */
export function createMemoryEventBook(): EventBook {
  const handled = createRecent<string, true>(eventsKeptLeast);
  return {
    has: (eventId) => handled.get(eventId) === true,
    add: (eventId) => handled.set(eventId, true),
  };
}
