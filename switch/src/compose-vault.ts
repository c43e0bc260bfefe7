import { randomBytes, randomInt } from 'node:crypto';
import type { AuditService, WriteMessage } from './audit/index.ts';
import { createSealedOpener } from './compose-evidence.ts';
import type { Config } from './config.ts';
import type { Beat, Database } from './database/index.ts';
import type { SwitchKeys } from './key-files.ts';
import { newId } from './new-id.ts';
import type { ParticipantLine, ParticipantRegistry } from './participants/index.ts';
import {
  createPayerCodeStore,
  createProvisionService,
  createRefusalNotes,
  createTokenLifecycle,
  createTokenService,
  createTokenStore,
  createTokenUseStore,
  createTokenUses,
  createVault,
  createVaultRotation,
  createVaultStore,
  openKeyring,
} from './tokens/index.ts';

/** What the token vault is composed of. */
export interface ComposeVaultOptions {
  readonly config: Pick<Config, 'networkNumber' | 'issuerDeadlineMs' | 'vaultSeal'>;
  readonly database: Database;
  readonly keys: Pick<SwitchKeys, 'vaultKey' | 'formerVaultKey'>;
  readonly audit: AuditService;
  readonly registry: ParticipantRegistry;
  readonly client: ParticipantLine;
  readonly beat?: Beat;
  readonly now: () => Date;
  readonly onError: (error: unknown, where: string) => void;
}

/** How often a process looks whether accounts wait for a new key. */
const rotationEveryMs = 5000;

/** The token vault with its keys, and the work that goes on behind it. */
export async function composeVault(options: ComposeVaultOptions) {
  const { config, database, keys, audit, registry, client, beat, now, onError } = options;
  const { vaultKey, formerVaultKey } = keys;
  const store = createTokenStore();
  const codes = createPayerCodeStore();
  const useStore = createTokenUseStore();
  const vaultStore = createVaultStore();
  const algorithm = config.vaultSeal;
  const made = { database, newId, randomBytes, now, algorithm };
  const keyring = await openKeyring({
    ...made,
    store: vaultStore,
    vaultKey,
    ...(formerVaultKey === undefined ? {} : { formerVaultKey }),
  });
  const vault = createVault({ keyring, randomBytes, algorithm });
  const onLost = (error: unknown) => onError(error, 'token refusals');
  const refusals = createRefusalNotes({ database, store: useStore, newId, now, onError: onLost });
  const rotation = createVaultRotation({ database, store: vaultStore, audit, keyring, vault, newId, now });
  const shared = { database, store, codes, useStore, audit, keyring, vault, now, randomInt };
  const { networkNumber, issuerDeadlineMs: approvalDeadlineMs } = config;
  let rotating: NodeJS.Timeout | undefined;
  let working: Promise<void> | undefined;
  const work = () => {
    const round = rotation.work().catch((error: unknown) => onError(error, 'vault rotation'));
    working = Promise.all([working, round]).then(() => undefined);
  };
  return {
    openSealed: createSealedOpener({ keyring, vault }),
    uses: createTokenUses({ ...shared, refusals, beat }),
    endpoints: {
      service: createTokenService({ ...shared, registry, client, networkNumber, approvalDeadlineMs }),
      lifecycle: createTokenLifecycle(shared),
      provisions: createProvisionService({ ...shared, networkNumber }),
      rotation: {
        get: rotation.get,
        order: async (message: WriteMessage) => {
          const answer = await rotation.order(message);
          work();
          return answer;
        },
      },
      now,
    },
    /** Accounts the current key has not reached, and keys nobody needs. */
    keepHouse: async () => {
      await rotation.reseal();
      await rotation.retire();
    },
    start() {
      rotating = setInterval(work, rotationEveryMs);
      work();
    },
    async stop() {
      clearInterval(rotating);
      await working;
      await refusals.settled();
    },
  };
}
