import type { Money } from '@barlink/protocol';
import { importVerificationKey } from '@barlink/signing';
import type { AuditService, KeptAnswer, WriteMessage } from '../audit/index.ts';
import type { Queryable } from '../database/index.ts';
import { ParticipantError } from './errors.ts';
import type { KeyUse, Participant, ParticipantKey } from './participant.ts';
import type { ParticipantRegistry } from './registry-service.ts';
import type { ParticipantStore } from './store.ts';

/** A public key as it comes in. */
export interface OfferedKey {
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly use: KeyUse;
}

/** Gives a new participant its positions, in the transaction that enters it. */
export type OpenPositions = (
  connection: Queryable,
  id: Participant['id'],
  caps: readonly Money[],
) => Promise<void>;

/** Use cases of the register; every change is recorded with the operator's signed message. */
export interface ParticipantService {
  /** Enters a participant with its keys and opens its positions with their net debit caps, all or nothing. */
  register(
    message: WriteMessage,
    participant: Participant,
    keys: readonly OfferedKey[],
    netDebitCaps: readonly Money[],
  ): Promise<KeptAnswer>;
  setState(message: WriteMessage, id: string, state: Participant['state']): Promise<KeptAnswer>;
  addKey(message: WriteMessage, id: string, key: OfferedKey): Promise<KeptAnswer>;
  revokeKey(message: WriteMessage, id: string, kid: string): Promise<KeptAnswer>;
  /** Enters the first operator without a message, when there is none yet. */
  bootstrap(operator: Participant, key: OfferedKey): Promise<void>;
  /** @throws {ParticipantError} `PARTICIPANT_UNKNOWN` */
  get(id: string): Participant;
}

/** The register on its tables. */
export function createParticipantService(options: {
  readonly audit: AuditService;
  readonly database: Queryable;
  readonly store: ParticipantStore;
  readonly registry: ParticipantRegistry;
  readonly openPositions: OpenPositions;
  readonly now: () => Date;
}): ParticipantService {
  const { audit, database, store, registry, openPositions, now } = options;

  async function importKey(
    id: Participant['id'],
    { jwk, use }: OfferedKey,
    path: string,
  ): Promise<ParticipantKey> {
    if ('d' in jwk) {
      // The signed request is kept for good, so a private key in it would be too.
      throw new ParticipantError('PARTICIPANT_KEY_INVALID', { path });
    }
    const key = await importVerificationKey(jwk).catch((cause: unknown) => {
      throw new ParticipantError('PARTICIPANT_KEY_INVALID', { path, cause });
    });
    return {
      kid: key.kid,
      participantId: id,
      use,
      jwk: { ...key.publicJwk },
      notBefore: now(),
      expiresAt: undefined,
      revokedAt: undefined,
    };
  }

  async function insertKeys(connection: Queryable, keys: readonly ParticipantKey[]): Promise<void> {
    for (const key of keys) {
      if (!(await store.insertKey(connection, key))) {
        throw new ParticipantError('PARTICIPANT_KEY_EXISTS');
      }
    }
  }

  function get(id: string): Participant {
    const participant = registry.find(id);
    if (participant === undefined) {
      throw new ParticipantError('PARTICIPANT_UNKNOWN');
    }
    return participant;
  }

  async function change(
    message: WriteMessage,
    id: string,
    effect: (connection: Queryable) => Promise<KeptAnswer>,
  ): Promise<KeptAnswer> {
    const answer = await audit.once(message, id, effect);
    await registry.refresh();
    return answer;
  }

  return {
    get,
    async register(message, participant, offered, netDebitCaps) {
      const keys = await Promise.all(
        offered.map((key, at) => importKey(participant.id, key, `/keys/${at}/jwk`)),
      );
      return change(message, participant.id, async (connection) => {
        if (!(await store.insertParticipant(connection, participant))) {
          throw new ParticipantError('PARTICIPANT_ALREADY_EXISTS');
        }
        await insertKeys(connection, keys);
        await openPositions(connection, participant.id, netDebitCaps);
        return { status: 201, body: JSON.stringify(renderParticipant(participant, keys)) };
      });
    },
    async setState(message, id, state) {
      const participant = get(id);
      return change(message, id, async (connection) => {
        await store.setState(connection, id, state);
        return {
          status: 200,
          body: JSON.stringify(renderParticipant({ ...participant, state }, registry.listKeys(id))),
        };
      });
    },
    async addKey(message, id, offered) {
      const key = await importKey(get(id).id, offered, '/jwk');
      return change(message, id, async (connection) => {
        await insertKeys(connection, [key]);
        return { status: 201, body: JSON.stringify({ kid: key.kid }) };
      });
    },
    async revokeKey(message, id, kid) {
      return change(message, get(id).id, async (connection) => {
        if (!(await store.revokeKey(connection, { id, kid, at: now() }))) {
          throw new ParticipantError('PARTICIPANT_KEY_UNKNOWN');
        }
        return { status: 200, body: '{}' };
      });
    },
    async bootstrap(operator, offered) {
      if (registry.list().some((participant) => participant.roles.includes('operator'))) {
        return;
      }
      const key = await importKey(operator.id, offered, 'operator');
      if (await store.insertParticipant(database, operator)) {
        await store.insertKey(database, key);
      }
      await registry.refresh();
    },
  };
}

/** A participant as the operator sees it. */
export function renderParticipant(participant: Participant, keys: readonly ParticipantKey[]) {
  return {
    participantId: participant.id,
    name: participant.name,
    number: participant.number,
    roles: participant.roles,
    url: participant.url,
    state: participant.state,
    createdAt: participant.createdAt.toISOString(),
    keys: keys.map((key) => ({
      kid: key.kid,
      use: key.use,
      notBefore: key.notBefore.toISOString(),
      ...(key.expiresAt === undefined ? {} : { expiresAt: key.expiresAt.toISOString() }),
      ...(key.revokedAt === undefined ? {} : { revokedAt: key.revokedAt.toISOString() }),
    })),
  };
}
