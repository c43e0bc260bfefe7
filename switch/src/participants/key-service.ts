import { codeKeyId, importVerificationKey, verifyKeyProof } from '@barlink/signing';
import { CertificateError } from '@barlink/signing/certificates';
import type { AuditService, KeptAnswer, WriteMessage } from '../audit/index.ts';
import type { Queryable } from '../database/index.ts';
import { ParticipantError } from './errors.ts';
import { decideKeyEnd, decideNewKey, type KeyObjection } from './key-window.ts';
import type { KeyUse, Participant, ParticipantKey } from './participant.ts';
import type { ParticipantRegistry } from './registry-service.ts';
import type { ParticipantStore } from './store.ts';

/** A public key as it comes in. */
export interface OfferedKey {
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly use: KeyUse;
  readonly notBefore?: Date | undefined;
  readonly expiresAt?: Date | undefined;
}

/** Whose keys change, and who asked for it: the owner itself or the operator. */
export interface KeyChange {
  readonly message: WriteMessage;
  readonly owner: Participant;
  readonly by: 'owner' | 'operator';
}

/** Use cases of participants' keys; every change is recorded with the signed message that asked for it. */
export interface KeyService {
  /**
   * Enters a key; its owner proves that it holds the private one (`verifyKeyProof`).
   *
   * @throws {ParticipantError} any `PARTICIPANT_KEY_...`
   */
  add(change: KeyChange, key: OfferedKey & { readonly proof?: string }): Promise<KeptAnswer>;
  /** Names the instant a key ends; it may be moved as long as it is ahead. @throws as `add` */
  end(change: KeyChange, kid: string, expiresAt: Date): Promise<KeptAnswer>;
  /** From now on nothing the key signed is accepted. @throws {ParticipantError} `PARTICIPANT_KEY_UNKNOWN` */
  revoke(change: KeyChange, kid: string): Promise<KeptAnswer>;
}

/** Keys on the participants' tables. */
export function createKeyService(options: {
  readonly audit: AuditService;
  readonly store: ParticipantStore;
  readonly registry: ParticipantRegistry;
  readonly switchId: string;
  /** Who may change a participant's keys: itself too, or the operator alone. */
  readonly changedBy: 'participants' | 'operator';
  readonly now: () => Date;
}): KeyService {
  const { audit, store, registry, switchId, changedBy, now } = options;

  async function change(
    { message, owner, by }: KeyChange,
    effect: (connection: Queryable, owned: readonly ParticipantKey[]) => Promise<KeptAnswer>,
  ): Promise<KeptAnswer> {
    if (by === 'owner' && changedBy === 'operator') {
      throw new ParticipantError('PARTICIPANT_KEY_CHANGE_FORBIDDEN');
    }
    const answer = await audit.once(message, owner.id, async (connection) =>
      effect(connection, await store.lockKeys(connection, owner.id)),
    );
    await registry.refresh();
    return answer;
  }

  async function assertHeld(id: string, offered: OfferedKey, proof: string): Promise<void> {
    const key = await importVerificationKey(offered.jwk);
    const claims = { participantId: id, audience: switchId, use: offered.use };
    await verifyKeyProof(proof, { key, now: now(), ...claims }).catch((cause: unknown) => {
      throw new ParticipantError('PARTICIPANT_KEY_UNPROVEN', { path: '/proof', cause });
    });
  }

  return {
    async add(changing, { proof, ...offered }) {
      const key = await importOffered(changing.owner.id, offered, { path: '/jwk', now: now() });
      return change(changing, async (connection, owned) => {
        if (proof !== undefined) {
          await assertHeld(changing.owner.id, offered, proof);
        }
        assertAllowed(decideNewKey(key, owned, now()), key.expiresAt);
        if (sharesCodeKeyId(key, owned)) {
          throw new ParticipantError('PARTICIPANT_KEY_EXISTS', { path: '/jwk' });
        }
        await insertKeys(connection, [key], store);
        return { status: 201, body: JSON.stringify(renderKey(key)) };
      });
    },
    end(changing, kid, expiresAt) {
      return change(changing, async (connection, owned) => {
        const key = owned.find((candidate) => candidate.kid === kid && candidate.revokedAt === undefined);
        const at = wholeSeconds(expiresAt);
        if (key === undefined) {
          throw new ParticipantError('PARTICIPANT_KEY_UNKNOWN');
        }
        assertAllowed(decideKeyEnd(key, at, owned, now()), at);
        await store.endKey(connection, { id: key.participantId, kid, at });
        return { status: 200, body: JSON.stringify(renderKey({ ...key, expiresAt: at })) };
      });
    },
    revoke(changing, kid) {
      return change(changing, async (connection) => {
        if (!(await store.revokeKey(connection, { id: changing.owner.id, kid, at: now() }))) {
          throw new ParticipantError('PARTICIPANT_KEY_UNKNOWN');
        }
        return { status: 200, body: '{}' };
      });
    },
  };
}

/**
 * A key as it is entered. Instants are kept to whole seconds, as they are published.
 *
 * @throws {ParticipantError} `PARTICIPANT_KEY_INVALID`
 */
export async function importOffered(
  id: Participant['id'],
  { jwk, use, notBefore, expiresAt }: OfferedKey,
  { path, now }: { readonly path: string; readonly now: Date },
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
    registeredAt: now,
    notBefore: notBefore && wholeSeconds(notBefore),
    expiresAt: expiresAt && wholeSeconds(expiresAt),
    revokedAt: undefined,
  };
}

/** @throws {ParticipantError} `PARTICIPANT_KEY_EXISTS`; {CertificateError} `CERTIFICATE_KEY_REUSED` */
export async function insertKeys(
  connection: Queryable,
  keys: readonly ParticipantKey[],
  store: ParticipantStore,
): Promise<void> {
  for (const key of keys) {
    // spec/certificates.md 2.2: what signs messages or codes is not the key of a TLS certificate.
    if (await store.isTlsKey(connection, key.kid)) {
      throw new CertificateError('CERTIFICATE_KEY_REUSED');
    }
    if (!(await store.insertKey(connection, key))) {
      throw new ParticipantError('PARTICIPANT_KEY_EXISTS');
    }
  }
}

/** A key as its owner and the operator see it. */
export function renderKey({ kid, use, notBefore, expiresAt, revokedAt, registeredAt }: ParticipantKey) {
  return {
    kid,
    use,
    registeredAt: registeredAt.toISOString(),
    ...(notBefore === undefined ? {} : { notBefore: notBefore.toISOString() }),
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
    ...(revokedAt === undefined ? {} : { revokedAt: revokedAt.toISOString() }),
  };
}

function assertAllowed(verdict: KeyObjection | 'allowed', expiresAt: Date | undefined): void {
  if (verdict !== 'allowed') {
    throw new ParticipantError(verdict, {
      path: verdict === 'PARTICIPANT_KEYS_TOO_MANY' ? '/jwk' : placeOf(verdict, expiresAt),
    });
  }
}

function placeOf(verdict: KeyObjection, expiresAt: Date | undefined): string {
  return verdict === 'PARTICIPANT_KEY_OVERLAP_SHORT' && expiresAt === undefined ? '/notBefore' : '/expiresAt';
}

/** A code names its key by 40 bits: two keys of one acquirer that share them would spoil the keyset. */
function sharesCodeKeyId(key: ParticipantKey, owned: readonly ParticipantKey[]): boolean {
  return (
    key.use === 'codes' &&
    owned.some(
      (other) =>
        other.use === 'codes' && other.kid !== key.kid && codeKeyId(other.kid) === codeKeyId(key.kid),
    )
  );
}

function wholeSeconds(instant: Date): Date {
  return new Date(Math.floor(instant.getTime() / 1000) * 1000);
}
