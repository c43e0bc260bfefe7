import type { Database, Queryable } from '../database/index.ts';
import { AuditError } from './errors.ts';
import { compareWithKept, type KeptAnswer, type KeptMessage, type WriteMessage } from './message.ts';
import type { AuditStore, Evidence, KeptEvidence } from './store.ts';

/** The record of accepted messages: each has one effect, and the same answer however often it is sent. */
export interface AuditService {
  /**
   * Runs `effect` in one transaction with the record of its message; a repeated request gets the kept answer,
   * one that comes while the first is at work waits for it. When `effect` throws, nothing is written.
   *
   * @throws {AuditError} `SIGNATURE_REPLAYED`, `IDEMPOTENCY_KEY_CONFLICT`
   */
  once(
    message: WriteMessage,
    subject: string,
    effect: (connection: Queryable) => Promise<KeptAnswer>,
  ): Promise<KeptAnswer>;
  /**
   * `once` for an answer that holds a secret: it is not kept, and a repeated request has it made again from
   * what the effect wrote. `render` must give the same answer whatever has happened to the subject since.
   *
   * @throws {AuditError} as `once`
   */
  onceRendered(
    message: WriteMessage,
    subject: string,
    work: {
      readonly effect: (connection: Queryable) => Promise<void>;
      readonly render: (subject: string) => Promise<KeptAnswer>;
    },
  ): Promise<KeptAnswer>;
  /**
   * What an earlier request with the same key left, if there was one.
   *
   * @throws {AuditError} when this request is not the same as the earlier one
   */
  findEarlier(message: WriteMessage): Promise<KeptMessage | undefined>;
  /** The signed messages about a subject, the oldest `countMax` of them, with what opens sealed ones. */
  listKept(subject: string, countMax: number): Promise<readonly KeptEvidence[]>;
  /** The signed messages about a subject. */
  listEvidence(subject: string): Promise<readonly Evidence[]>;
}

/** The record on its table. */
export function createAuditService(options: { database: Database; store: AuditStore }): AuditService {
  const { database, store } = options;

  async function findEarlier(message: WriteMessage): Promise<KeptMessage | undefined> {
    const kept = await store.findByKey(database, message.sender, message.idempotencyKey);
    if (kept === undefined) {
      return undefined;
    }
    const verdict = compareWithKept(message, kept);
    if (verdict !== 'same') {
      throw new AuditError(verdict);
    }
    return kept;
  }

  async function keptAnswer(message: WriteMessage): Promise<KeptAnswer> {
    const kept = await findEarlier(message);
    if (kept === undefined) {
      // The key is new, so the jti is not.
      throw new AuditError('SIGNATURE_REPLAYED');
    }
    if (kept.answer === undefined) {
      throw new AuditError('IDEMPOTENCY_KEY_CONFLICT');
    }
    return kept.answer;
  }

  return {
    findEarlier,
    async once(message, subject, effect) {
      const answer = await database.transaction(async (connection) => {
        const [isNew] = await store.record(connection, [{ message, subject }]);
        if (isNew !== true) {
          return undefined;
        }
        const given = await effect(connection);
        await store.keepAnswer(connection, message, given);
        return given;
      });
      return answer ?? (await keptAnswer(message));
    },
    async onceRendered(message, subject, { effect, render }) {
      const isFirst = await database.transaction(async (connection) => {
        const [isNew] = await store.record(connection, [{ message, subject }]);
        if (isNew === true) {
          await effect(connection);
        }
        return isNew === true;
      });
      if (isFirst) {
        return render(subject);
      }
      const kept = await findEarlier(message);
      if (kept === undefined) {
        // The key is new, so the jti is not.
        throw new AuditError('SIGNATURE_REPLAYED');
      }
      return render(kept.subject);
    },
    listKept: (subject, countMax) => store.listKept(database, subject, countMax),
    listEvidence: (subject) => store.listBySubject(database, subject),
  };
}
