import type { Money } from '@barlink/protocol';
import type { AuditService, KeptAnswer, WriteMessage } from '../audit/index.ts';
import type { Queryable } from '../database/index.ts';
import { ParticipantError } from './errors.ts';
import { importOffered, insertKeys, type OfferedKey, renderKey } from './key-service.ts';
import { assertWay, type Participant, type ParticipantKey, type Ways } from './participant.ts';
import { getParticipant, type ParticipantRegistry } from './registry-service.ts';
import type { ParticipantStore } from './store.ts';

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
  readonly ways: Ways;
  readonly now: () => Date;
}): ParticipantService {
  const { audit, database, store, registry, openPositions, ways, now } = options;

  const get = (id: string) => getParticipant(registry, id);

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
      assertWay(participant.url, ways);
      const keys = await Promise.all(
        offered.map((key, at) => importOffered(participant.id, key, { path: `/keys/${at}/jwk`, now: now() })),
      );
      return change(message, participant.id, async (connection) => {
        if (!(await store.insertParticipant(connection, participant))) {
          throw new ParticipantError('PARTICIPANT_ALREADY_EXISTS');
        }
        await insertKeys(connection, keys, store);
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
    async bootstrap(operator, offered) {
      if (registry.list().some((participant) => participant.roles.includes('operator'))) {
        return;
      }
      const key = await importOffered(operator.id, offered, { path: 'operator', now: now() });
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
    keys: keys.map(renderKey),
  };
}
