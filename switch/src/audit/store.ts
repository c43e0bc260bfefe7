import { type Queryable, textColumn, timestampColumn, uuidColumn } from '../database/index.ts';
import type { KeptAnswer, KeptMessage, WriteMessage } from './message.ts';

/** SQL of the table `messages`. */
export interface AuditStore {
  /**
   * Records messages inside the transaction of their effects. Answers for each whether it is new: false when
   * the sender used the key or the jti before (a concurrent one is waited for).
   */
  record(connection: Queryable, entries: readonly MessageEntry[]): Promise<readonly boolean[]>;
  /** The same when all of them are new; else the transaction fails with `23505` (unique_violation). */
  recordAll(connection: Queryable, entries: readonly MessageEntry[]): Promise<void>;
  /** Keeps an answer beside its message, in the same transaction. */
  keepAnswer(connection: Queryable, message: WriteMessage, answer: KeptAnswer): Promise<void>;
  findByKey(database: Queryable, sender: string, idempotencyKey: string): Promise<KeptMessage | undefined>;
  /** The same with what opens sealed ones, for as many as asked for. */
  listKept(database: Queryable, subject: string, countMax: number): Promise<readonly KeptEvidence[]>;
  /** The signed messages about one subject, oldest first: evidence. */
  listBySubject(database: Queryable, subject: string): Promise<readonly Evidence[]>;
}

/** A message with what it is about. */
export interface MessageEntry {
  readonly message: WriteMessage;
  readonly subject: string;
}

/** A stored message, as it can be verified again by anyone who has the sender's public key. */
export interface Evidence {
  readonly sender: string;
  readonly method: string;
  readonly target: string;
  readonly signature: string;
  readonly body: string;
  readonly receivedAt: Date;
}

/** Evidence with the key that names it among its sender's messages. */
export interface KeptEvidence extends Evidence {
  readonly idempotencyKey: string;
}

/** The store; it holds no state of its own. */
export function createAuditStore(): AuditStore {
  return { record, recordAll, keepAnswer, findByKey, listBySubject, listKept };
}

const insertMessages = `insert into messages (sender_id, idempotency_key, jti, fingerprint, method, target,
    signature, body, subject, received_at)
  select * from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::timestamptz[])`;

function toColumns(entries: readonly MessageEntry[]): unknown[] {
  const texts = (value: (entry: MessageEntry) => string) => textColumn(entries, value);
  return [
    texts(({ message }) => message.sender),
    uuidColumn(entries, ({ message }) => message.idempotencyKey),
    texts(({ message }) => message.jti),
    texts(({ message }) => toBuffer(message.fingerprint).toString('base64url')),
    texts(({ message }) => message.method),
    texts(({ message }) => message.target),
    texts(({ message }) => message.signature),
    texts(({ message }) => toBuffer(message.body).toString('utf8')),
    texts(({ subject }) => subject),
    timestampColumn(entries, ({ message }) => message.receivedAt),
  ];
}

async function record(connection: Queryable, entries: readonly MessageEntry[]): Promise<readonly boolean[]> {
  const { rows } = await connection.query<{ key: string }>({
    name: 'audit-record',
    text: `${insertMessages}
      on conflict do nothing
      returning concat_ws(' ', sender_id, idempotency_key, jti) as key`,
    values: toColumns(entries),
  });
  // By key and jti: of two messages that share one of them, the other may have been the one to be refused.
  const recorded = new Set(rows.map((row) => row.key));
  return entries.map(({ message }) =>
    recorded.delete(`${message.sender} ${message.idempotencyKey} ${message.jti}`),
  );
}

async function recordAll(connection: Queryable, entries: readonly MessageEntry[]): Promise<void> {
  await connection.query({ name: 'audit-record-all', text: insertMessages, values: toColumns(entries) });
}

async function keepAnswer(connection: Queryable, message: WriteMessage, answer: KeptAnswer): Promise<void> {
  await connection.query({
    text: 'insert into answers (sender_id, idempotency_key, status, body) values ($1, $2, $3, $4)',
    values: [message.sender, message.idempotencyKey, answer.status, answer.body],
  });
}

async function findByKey(
  database: Queryable,
  sender: string,
  idempotencyKey: string,
): Promise<KeptMessage | undefined> {
  const { rows } = await database.query<{
    jti: string;
    fingerprint: string;
    subject: string;
    status: number | null;
    answer: string | null;
  }>({
    name: 'audit-find',
    text: `select m.jti, m.fingerprint, m.subject, a.status, a.body as answer
      from messages m left join answers a using (sender_id, idempotency_key)
      where m.sender_id = $1 and m.idempotency_key = $2`,
    values: [sender, idempotencyKey],
  });
  const row = rows[0];
  if (row === undefined) {
    return undefined;
  }
  const { jti, subject } = row;
  const fingerprint = Buffer.from(row.fingerprint, 'base64url');
  const answer = row.status === null ? undefined : { status: row.status, body: row.answer ?? '' };
  return { jti, fingerprint, subject, answer };
}

async function listBySubject(database: Queryable, subject: string): Promise<readonly Evidence[]> {
  const kept = await listKept(database, subject, allMessages);
  return kept.map(({ idempotencyKey: _, ...evidence }) => evidence);
}

const allMessages = 2 ** 31 - 1;

async function listKept(
  database: Queryable,
  subject: string,
  countMax: number,
): Promise<readonly KeptEvidence[]> {
  const { rows } = await database.query<{
    sender_id: string;
    idempotency_key: string;
    method: string;
    target: string;
    signature: string;
    body: string;
    received_at: Date;
  }>({
    text: `select sender_id, idempotency_key, method, target, signature, body, received_at from messages
      where subject = $1 order by received_at, idempotency_key limit $2`,
    values: [subject, countMax],
  });
  return rows.map((row) => ({
    sender: row.sender_id,
    idempotencyKey: row.idempotency_key,
    method: row.method,
    target: row.target,
    signature: row.signature,
    body: row.body,
    receivedAt: row.received_at,
  }));
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
