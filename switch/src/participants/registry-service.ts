import type { ParticipantId } from '@barlink/protocol';
import { importVerificationKey, type VerificationKey } from '@barlink/signing';
import type { Database } from '../database/index.ts';
import { ParticipantError } from './errors.ts';
import { type Participant, type ParticipantKey, validityOf } from './participant.ts';
import type { ParticipantStore } from './store.ts';

/** Who is connected, held in memory and read again every second and after each change of our own. */
export interface ParticipantRegistry {
  find(id: string): Participant | undefined;
  findByNumber(number: string): Participant | undefined;
  list(): readonly Participant[];
  /**
   * The key that messages of this sender are verified with, with when it counts: an ended or revoked one is
   * found too, so that it can be told from a stranger's. A key that is not known here is looked for in the
   * database, because another process may have just registered it; so is every key when the register could
   * not be read for a while, because another process may have revoked it.
   */
  findMessageKey(
    kid: string,
    sender: string,
  ): VerificationKey | undefined | Promise<VerificationKey | undefined>;
  /** Changes when a key is added, ended or revoked. */
  readonly keysTag: string;
  /** All keys of a participant, usable or not. */
  listKeys(id: string): readonly ParticipantKey[];
  refresh(): Promise<void>;
  /** Ends after the look at work: one that is cut short would be taken for a fault. */
  stop(): Promise<void>;
}

/** Least time between two reads for unknown keys. */
const lookAgainMs = 250;
/** A register that was last read this long ago answers for no key before it was read again. */
const staleAfterMs = 5000;

interface Snapshot {
  /** Begin of the read, on the process's clock: what changed later may be missing. */
  readonly readAt: number;
  readonly keysTag: string;
  readonly participants: ReadonlyMap<string, Participant>;
  readonly byNumber: ReadonlyMap<string, Participant>;
  readonly keys: readonly ParticipantKey[];
  readonly messageKeys: ReadonlyMap<string, { readonly owner: ParticipantId; readonly key: VerificationKey }>;
}

/**
 * Reads the register once, then keeps it fresh: another process's suspension is seen after at most a second.
 */
export async function createParticipantRegistry(options: {
  readonly database: Database;
  readonly store: ParticipantStore;
  readonly refreshMs: number;
  readonly onError: (error: unknown) => void;
  /** Runs work again and again, one round after the other; what it gives back ends that and waits. */
  readonly repeat: (
    work: () => Promise<unknown>,
    options: { readonly everyMs: number; readonly onError: (error: unknown) => void },
  ) => () => Promise<void>;
}): Promise<ParticipantRegistry> {
  const { database, store, refreshMs, onError } = options;
  const imported = new Map<string, VerificationKey>();
  let snapshot = await read();

  async function read(): Promise<Snapshot> {
    const readAt = performance.now();
    // Keys first: a participant that registers meanwhile must not be known by its key alone.
    const keys = await store.listKeys(database);
    const participants = await store.listParticipants(database);
    const messageKeys = new Map<string, { owner: ParticipantId; key: VerificationKey }>();
    for (const key of keys.filter(({ use }) => use === 'messages')) {
      messageKeys.set(key.kid, {
        owner: key.participantId,
        key: { ...(await importOnce(key)), ...validityOf(key) },
      });
    }
    return {
      readAt,
      keysTag: keys.map((key) => JSON.stringify([key.kid, validityOf(key)])).join(),
      participants: new Map(participants.map((participant) => [participant.id, participant])),
      byNumber: new Map(participants.map((participant) => [participant.number, participant])),
      keys,
      messageKeys,
    };
  }

  async function importOnce(key: ParticipantKey): Promise<VerificationKey> {
    const known = imported.get(key.kid);
    if (known !== undefined) {
      return known;
    }
    const fresh = await importVerificationKey(key.jwk);
    imported.set(key.kid, fresh);
    return fresh;
  }

  // A slow read that began earlier must not put back what a later one has seen change.
  let readsBegun = 0;
  let shown = 0;
  async function refresh(): Promise<void> {
    readsBegun += 1;
    const turn = readsBegun;
    const fresh = await read();
    if (turn > shown) {
      shown = turn;
      snapshot = fresh;
    }
  }

  let looking: Promise<void> | undefined;
  let lookedAt = 0;
  /** Reads again for a key nobody knows, but not more often than this: strangers can name any key. */
  async function lookAgain(): Promise<void> {
    if (performance.now() - lookedAt < lookAgainMs) {
      return;
    }
    await refreshOnce();
  }

  function refreshOnce(): Promise<void> {
    looking ??= refresh().finally(() => {
      looking = undefined;
      lookedAt = performance.now();
    });
    return looking;
  }

  function findNow(kid: string, sender: string): VerificationKey | undefined {
    const found = snapshot.messageKeys.get(kid);
    return found?.owner === sender ? found.key : undefined;
  }

  const stop = options.repeat(refresh, { everyMs: refreshMs, onError });
  return {
    find: (id) => snapshot.participants.get(id),
    findByNumber: (number) => snapshot.byNumber.get(number),
    list: () => [...snapshot.participants.values()],
    findMessageKey(kid, sender) {
      if (performance.now() - snapshot.readAt > staleAfterMs) {
        return refreshOnce().then(() => findNow(kid, sender));
      }
      return findNow(kid, sender) ?? lookAgain().then(() => findNow(kid, sender));
    },
    get keysTag() {
      return snapshot.keysTag;
    },
    listKeys: (id) => snapshot.keys.filter((key) => key.participantId === id),
    refresh,
    stop,
  };
}

/** The participant of that id. @throws {ParticipantError} `PARTICIPANT_UNKNOWN` */
export function getParticipant(registry: Pick<ParticipantRegistry, 'find'>, id: string): Participant {
  const participant = registry.find(id);
  if (participant === undefined) {
    throw new ParticipantError('PARTICIPANT_UNKNOWN');
  }
  return participant;
}
