import { createHash, randomBytes } from 'node:crypto';
import { formatUuid7, type ParticipantId } from '@barlink/protocol';
import { generateSigningKey, type SigningKey } from '@barlink/signing';
import { createTestDatabase } from '@barlink/testing';
import {
  createAuditStore,
  createLogStore,
  createSequencer,
  type Sequencer,
  type WriteMessage,
} from '../../src/audit/index.ts';
import { hashBytes } from '../../src/audit/merkle-tree.ts';
import { type Database, openDatabase, type Queryable } from '../../src/database/index.ts';
import { naiveRoot } from './naive-tree.ts';
import { switchMigrations } from './start-switch.ts';

/** A database with a log, and hands that write leaves and sequence them when a test says so. */
export interface LogFixture {
  readonly url: string;
  readonly database: Database;
  readonly signingKey: SigningKey;
  /** A sequencer that acts when it is told to, as one of several processes would. */
  createSequencer(options?: { readonly leavesMost?: number }): Sequencer;
  /** Writes a message, which is a leaf. */
  write(connection?: Queryable): Promise<WriteMessage>;
  close(): Promise<void>;
}

export async function createLogFixture(): Promise<LogFixture> {
  const test = await createTestDatabase({ migrations: switchMigrations });
  const database = openDatabase({ url: test.url, connections: 12, onError: () => undefined });
  const signingKey = await generateSigningKey('ES256');
  const audit = createAuditStore();
  let count = 0;
  return {
    url: test.url,
    database,
    signingKey,
    createSequencer: (options = {}) =>
      createSequencer({
        database,
        store: createLogStore(),
        signingKey: () => signingKey,
        switchId: 'barlink-switch',
        now: () => new Date(),
        onError: (error) => {
          throw error;
        },
        repeat: () => () => undefined,
        ...options,
      }),
    async write(connection = database) {
      count += 1;
      const message = createLogMessage(count);
      await audit.record(connection, [{ message, subject: message.idempotencyKey }]);
      return message;
    },
    async close() {
      await database.close();
      await test.drop();
    },
  };
}

/** A message nobody signed; the record does not look at signatures. */
export function createLogMessage(count: number, at: Date = new Date()): WriteMessage {
  const body = Buffer.from(`{"count":${count}}`);
  return {
    sender: 'bank-north' as ParticipantId,
    kid: 'kid',
    jti: `jti-${count}-${randomBytes(6).toString('hex')}`,
    method: 'POST',
    target: '/v1/things',
    body,
    signature: `eyJhbGciOiJFUzI1NiJ9..signature-${count}`,
    receivedAt: at,
    idempotencyKey: formatUuid7(at.getTime(), randomBytes(10)),
    fingerprint: createHash('sha256').update(body).digest(),
  };
}

/** The leaves in the order of the tree, as the tables hold them. */
export async function readTree(database: Queryable): Promise<readonly string[]> {
  const { rows } = await database.query<{ hashes: Buffer }>(
    `select hashes from (select position, hashes from log_tiles where level = 0
      union all select 9223372036854775807, hashes from log_edge where level = 0) tile order by position`,
  );
  const all = Buffer.concat(rows.map(({ hashes }) => hashes));
  return Array.from({ length: all.length / hashBytes }, (_, at) =>
    all.subarray(at * hashBytes, (at + 1) * hashBytes).toString('hex'),
  );
}

/** The leaves that were written, in no order. */
export async function readLeaves(database: Queryable): Promise<readonly string[]> {
  const { rows } = await database.query<{ hash: string }>(
    `select encode(hash, 'hex') as hash from log_leaves order by hash`,
  );
  return rows.map(({ hash }) => hash);
}

/** A tree head as the table holds it. */
export interface HeadRow {
  readonly size: number;
  readonly root: string;
  readonly signed: string;
}

export async function readHeads(database: Queryable): Promise<readonly HeadRow[]> {
  const { rows } = await database.query<HeadRow>(
    `select size::integer, encode(root, 'hex') as root, signed from log_heads order by size`,
  );
  return rows;
}

/** Every leaf that was written is in the tree, once. */
export async function findLeafFlaw(database: Queryable): Promise<string | undefined> {
  return compareLeaves(await readTree(database), await readLeaves(database));
}

function compareLeaves(tree: readonly string[], leaves: readonly string[]): string | undefined {
  return [...tree].sort().join() === [...leaves].sort().join()
    ? undefined
    : `${leaves.length} leaves were written, ${tree.length} are in the tree`;
}

/** What makes a log one log: every leaf once, and every head's root that of the leaves below it. */
export async function findFlaw(database: Queryable): Promise<string | undefined> {
  const tree = await readTree(database);
  const flaw = compareLeaves(tree, await readLeaves(database));
  if (flaw !== undefined) {
    return flaw;
  }
  const bytes = tree.map((leaf) => Buffer.from(leaf, 'hex'));
  const wrong = (await readHeads(database)).find(
    ({ size, root }) => Buffer.from(naiveRoot(bytes.slice(0, size))).toString('hex') !== root,
  );
  return wrong === undefined ? undefined : `the head of ${wrong.size} has another root`;
}
