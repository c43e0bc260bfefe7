import type { ParticipantId, Role } from '@barlink/protocol';
import type { Queryable } from '../database/index.ts';
import type { KeyUse, Participant, ParticipantKey } from './participant.ts';

/** SQL of the tables `participants` and `participant_keys`. */
export interface ParticipantStore {
  listParticipants(database: Queryable): Promise<readonly Participant[]>;
  listKeys(database: Queryable): Promise<readonly ParticipantKey[]>;
  /** False when the id or the number is taken. */
  insertParticipant(connection: Queryable, participant: Participant): Promise<boolean>;
  /** False when the key is registered already, by whomever. */
  insertKey(connection: Queryable, key: ParticipantKey): Promise<boolean>;
  /** The keys of one participant, locked so that changes of them come one after another. */
  lockKeys(connection: Queryable, id: string): Promise<readonly ParticipantKey[]>;
  /** Whether a TLS certificate holds the key of this thumbprint. */
  isTlsKey(connection: Queryable, thumbprint: string): Promise<boolean>;
  /** False when there is no such participant. */
  setState(connection: Queryable, id: string, state: Participant['state']): Promise<boolean>;
  /** False when the participant has no such key that is not revoked. */
  endKey(connection: Queryable, ended: { id: string; kid: string; at: Date }): Promise<boolean>;
  /** False when the participant has no such key that is not revoked. */
  revokeKey(connection: Queryable, revoked: { id: string; kid: string; at: Date }): Promise<boolean>;
}

/** The store; it holds no state of its own. */
export function createParticipantStore(): ParticipantStore {
  return {
    listParticipants,
    listKeys,
    lockKeys,
    insertParticipant,
    insertKey,
    isTlsKey,
    setState,
    endKey,
    revokeKey,
  };
}

async function listParticipants(database: Queryable): Promise<readonly Participant[]> {
  const { rows } = await database.query<{
    participant_id: ParticipantId;
    name: string;
    number: string;
    roles: Role[];
    url: string;
    state: Participant['state'];
    created_at: Date;
  }>({
    name: 'participants-list',
    text: `select participant_id, name, number, roles, url, state,
      created_at from participants order by participant_id`,
  });
  return rows.map((row) => ({
    id: row.participant_id,
    name: row.name,
    number: row.number,
    roles: row.roles,
    url: row.url,
    state: row.state,
    createdAt: row.created_at,
  }));
}

async function listKeys(database: Queryable): Promise<readonly ParticipantKey[]> {
  const { rows } = await database.query<{
    kid: string;
    participant_id: ParticipantId;
    use: KeyUse;
    jwk: Record<string, unknown>;
    registered_at: Date;
    not_before: Date | null;
    expires_at: Date | null;
    revoked_at: Date | null;
  }>({
    name: 'participants-keys',
    text: `select kid, participant_id, use, jwk, registered_at, not_before, expires_at, revoked_at
      from participant_keys order by participant_id, registered_at, kid`,
  });
  return rows.map((row) => ({
    kid: row.kid,
    participantId: row.participant_id,
    use: row.use,
    jwk: row.jwk,
    registeredAt: row.registered_at,
    notBefore: row.not_before ?? undefined,
    expiresAt: row.expires_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
  }));
}

async function insertParticipant(connection: Queryable, participant: Participant): Promise<boolean> {
  const { rowCount } = await connection.query({
    text: `insert into participants (participant_id, name, number, roles, url, state, created_at)
      values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
    values: [
      participant.id,
      participant.name,
      participant.number,
      participant.roles,
      participant.url,
      participant.state,
      participant.createdAt,
    ],
  });
  return rowCount === 1;
}

async function insertKey(connection: Queryable, key: ParticipantKey): Promise<boolean> {
  const { kid, participantId, use, jwk, registeredAt, notBefore, expiresAt } = key;
  const { rowCount } = await connection.query({
    text: `insert into participant_keys (kid, participant_id, use, jwk, registered_at, not_before, expires_at)
      values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
    values: [kid, participantId, use, jwk, registeredAt, notBefore ?? null, expiresAt ?? null],
  });
  return rowCount === 1;
}

async function lockKeys(connection: Queryable, id: string): Promise<readonly ParticipantKey[]> {
  await connection.query({
    text: 'select participant_id from participants where participant_id = $1 for no key update',
    values: [id],
  });
  return (await listKeys(connection)).filter((key) => key.participantId === id);
}

async function endKey(connection: Queryable, ended: { id: string; kid: string; at: Date }): Promise<boolean> {
  const { rowCount } = await connection.query({
    text: `update participant_keys set expires_at = $3
      where participant_id = $1 and kid = $2 and revoked_at is null`,
    values: [ended.id, ended.kid, ended.at],
  });
  return rowCount === 1;
}

async function isTlsKey(connection: Queryable, thumbprint: string): Promise<boolean> {
  const { rows } = await connection.query({
    text: 'select 1 from participant_certificates where key_thumbprint = $1 limit 1',
    values: [thumbprint],
  });
  return rows.length > 0;
}

async function setState(connection: Queryable, id: string, state: Participant['state']): Promise<boolean> {
  const { rowCount } = await connection.query({
    text: 'update participants set state = $2 where participant_id = $1',
    values: [id, state],
  });
  return rowCount === 1;
}

async function revokeKey(
  connection: Queryable,
  revoked: { id: string; kid: string; at: Date },
): Promise<boolean> {
  const { rowCount } = await connection.query({
    text: `update participant_keys set revoked_at = $3
      where participant_id = $1 and kid = $2 and revoked_at is null`,
    values: [revoked.id, revoked.kid, revoked.at],
  });
  return rowCount === 1;
}
