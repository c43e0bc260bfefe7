import type { AuditService, KeptAnswer, WriteMessage } from '../audit/index.ts';
import type { Database } from '../database/index.ts';
import { TokenError } from './errors.ts';
import type { Keyring } from './keyring-service.ts';
import type { Vault } from './vault.ts';
import type { RotationRow, VaultStore } from './vault-store.ts';

/** Changes the key that account numbers are sealed with, while payments go on. */
export interface VaultRotation {
  /** Makes a new account key; from now on new tokens take it. */
  begin(): Promise<void>;
  /**
   * Seals every account that another key sealed with the current one and answers how many. Each batch is a
   * transaction of its own: killed at any point, the next call goes on where it stopped.
   */
  reseal(): Promise<number>;
  /** Destroys account keys that no row needs, once no process can still seal with them; answers how many. */
  retire(): Promise<number>;
  /** The operator's request: begins a rotation; any process's `work` brings it to its end. */
  order(message: WriteMessage): Promise<KeptAnswer>;
  /** How far a rotation is. @throws {TokenError} `VAULT_ROTATION_UNKNOWN` */
  get(rotationId: string): Promise<VaultRotationStanding>;
  /**
   * Goes on with what was ordered, here or elsewhere, now or before a process died; for a job that comes
   * often.
   */
  work(): Promise<void>;
}

/** A rotation as the operator sees it. */
export interface VaultRotationStanding extends RotationRow {
  /** Accounts that still wait for the new key. */
  readonly remaining: bigint;
}

/** Accounts sealed anew in one transaction. */
const resealBatch = 500;
/** A process seals with a key at most this long after it was superseded. */
const retireAfterMs = 60 * 60 * 1000;

/** Rotation of the account key; each of its calls may be made by any process, at any time, again. */
export function createVaultRotation(options: {
  readonly database: Database;
  readonly store: VaultStore;
  readonly audit: AuditService;
  readonly keyring: Keyring;
  readonly vault: Vault;
  readonly newId: () => string;
  readonly now: () => Date;
  /** Accounts sealed anew in one transaction; 500 when absent. */
  readonly batch?: number;
}): VaultRotation {
  const { database, store, audit, keyring, vault, newId, now, batch = resealBatch } = options;
  let working: Promise<void> | undefined;

  function resealSome(): Promise<number> {
    return database.transaction(async (connection) => {
      const rows = await store.lockSealedByOthers(connection, keyring.current('account').id, batch);
      await keyring.ensure(rows.map((row) => row.keyId));
      const fresh = rows.map((row) => ({ ...row, ...vault.sealAccount(vault.openAccount(row, row), row) }));
      if (fresh.length > 0) {
        await store.updateSealed(connection, fresh);
        await store.addProgress(connection, fresh.length);
      }
      return fresh.length;
    });
  }

  async function reseal(): Promise<number> {
    await keyring.refresh();
    let total = 0;
    for (let count = await resealSome(); count > 0; count = await resealSome()) {
      total += count;
    }
    return total;
  }

  async function workOnce(): Promise<void> {
    const unfinished = await store.listUnfinished(database);
    const newest = unfinished.at(-1);
    if (newest !== undefined) {
      await reseal();
      await store.finishRotations(database, { startedUntil: newest.startedAt, at: now() });
    }
  }

  return {
    begin: () => keyring.supersede('account', now()),
    reseal,
    async retire() {
      const count = await store.deleteUnused(database, new Date(now().getTime() - retireAfterMs));
      await keyring.refresh();
      return count;
    },
    async order(message) {
      const rotationId = newId();
      const startedAt = now();
      const answer = await audit.once(message, rotationId, async (connection) => {
        await keyring.supersedeIn(connection, 'account', startedAt);
        await store.insertRotation(connection, rotationId, startedAt);
        const begun = { rotationId, startedAt, resealed: 0n, finishedAt: undefined };
        const remaining = await store.countSealedByOthers(connection);
        return { status: 202, body: JSON.stringify(renderRotation({ ...begun, remaining })) };
      });
      await keyring.refresh();
      return answer;
    },
    async get(rotationId) {
      const found = uuid.test(rotationId) ? await store.findRotation(database, rotationId) : undefined;
      if (found === undefined) {
        throw new TokenError('VAULT_ROTATION_UNKNOWN');
      }
      return { ...found, remaining: await store.countSealedByOthers(database) };
    },
    work() {
      working ??= workOnce().finally(() => {
        working = undefined;
      });
      return working;
    },
  };
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A rotation on the wire. */
export function renderRotation(rotation: VaultRotationStanding) {
  const { rotationId, startedAt, resealed, remaining, finishedAt } = rotation;
  return {
    rotationId,
    state: finishedAt === undefined ? 'running' : 'finished',
    startedAt: startedAt.toISOString(),
    resealed: resealed.toString(),
    remaining: remaining.toString(),
    ...(finishedAt === undefined ? {} : { finishedAt: finishedAt.toISOString() }),
  } as const;
}
