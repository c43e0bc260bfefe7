import type { ParticipantId } from '@barlink/protocol';
import { type Queryable, textColumn, uuidColumn } from '../database/index.ts';
import { backoffMs, type Notification, type TakenNotification } from './notification.ts';

/** SQL of the table `outbox`. */
export interface OutboxStore {
  /** Inside the transaction of what happened. The first poll looks at them only after `firstPollAt`. */
  insert(
    connection: Queryable,
    entries: readonly Notification[],
    times: { now: Date; firstPollAt: Date },
  ): Promise<void>;
  /** Takes what is due, oldest first; nobody else takes it before `until`. */
  take(
    database: Queryable,
    options: { now: Date; until: Date; most: number },
  ): Promise<readonly TakenNotification[]>;
  remove(database: Queryable, ids: readonly string[]): Promise<void>;
  postpone(database: Queryable, failed: readonly TakenNotification[], now: Date): Promise<void>;
  count(database: Queryable): Promise<number>;
}

/** The store; it holds no state of its own. */
export function createOutboxStore(): OutboxStore {
  return { insert, take, remove, postpone, count };
}

async function insert(
  connection: Queryable,
  entries: readonly Notification[],
  times: { now: Date; firstPollAt: Date },
): Promise<void> {
  await connection.query({
    name: 'outbox-insert',
    text: `insert into outbox (notification_id, participant_id, kind, body, created_at, attempts,
        next_attempt_at)
      select *, $5::timestamptz, 0, $6::timestamptz
      from unnest($1::uuid[], $2::text[], $3::text[], $4::text[])`,
    values: [
      uuidColumn(entries, (entry) => entry.id),
      textColumn(entries, (entry) => entry.participantId),
      textColumn(entries, (entry) => entry.kind),
      textColumn(entries, (entry) => entry.body),
      times.now,
      times.firstPollAt,
    ],
  });
}

async function take(
  database: Queryable,
  options: { now: Date; until: Date; most: number },
): Promise<readonly TakenNotification[]> {
  const { rows } = await database.query<{
    notification_id: string;
    participant_id: ParticipantId;
    kind: Notification['kind'];
    body: string;
    attempts: number;
  }>({
    name: 'outbox-take',
    text: `select notification_id, participant_id, kind, body, attempts
      from take_notifications($1, $2, $3)`,
    values: [options.now, options.until, options.most],
  });
  return rows
    .map((row) => ({
      id: row.notification_id,
      participantId: row.participant_id,
      kind: row.kind,
      body: row.body,
      attempts: row.attempts,
    }))
    .sort((one, other) => (one.id < other.id ? -1 : 1));
}

async function remove(database: Queryable, ids: readonly string[]): Promise<void> {
  await database.query({
    name: 'outbox-remove',
    text: 'select remove_notifications($1)',
    values: [uuidColumn(ids, (id) => id)],
  });
}

async function postpone(database: Queryable, failed: readonly TakenNotification[], now: Date): Promise<void> {
  await database.query({
    name: 'outbox-postpone',
    text: `update outbox set attempts = attempts + 1, next_attempt_at = later.at
      from unnest($1::uuid[], $2::timestamptz[]) as later (id, at) where notification_id = later.id`,
    values: [
      failed.map((entry) => entry.id),
      failed.map((entry) => new Date(now.getTime() + backoffMs(entry.attempts))),
    ],
  });
}

async function count(database: Queryable): Promise<number> {
  const { rows } = await database.query<{ waiting: number }>({
    text: 'select count(*)::integer as waiting from outbox',
  });
  return rows[0]?.waiting ?? 0;
}
