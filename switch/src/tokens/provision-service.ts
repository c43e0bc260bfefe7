import { encodePayerCpm } from '@barlink/codes';
import {
  isUuid7,
  type PayerCodeProvision,
  type PayerCodeResource,
  type TokenId,
  type TokenState,
} from '@barlink/protocol';
import { completePayerCode } from '@barlink/tokens';
import type { AuditService, KeptAnswer, WriteMessage } from '../audit/index.ts';
import type { Database, Queryable } from '../database/index.ts';
import type { Participant } from '../participants/index.ts';
import { TokenError, type TokenErrorCode } from './errors.ts';
import { takeHandles } from './handle-service.ts';
import type { Keyring } from './keyring-service.ts';
import { onlineLifeMs, onlineMark } from './payer-code.ts';
import type { PayerCodeStore } from './payer-code-store.ts';
import type { StoredToken, TokenStore } from './store.ts';
import { stateAt } from './token.ts';
import type { TokenUseStore } from './token-use-store.ts';
import type { Vault } from './vault.ts';

/** What a wallet gets for the payer codes of its tokens. */
export interface ProvisionService {
  /**
   * New handles for a device, in the place of its old ones. Codes just shown still hold, unless the device is
   * lost: then its key and its handles end at once.
   *
   * @throws {TokenError} `TOKEN_UNKNOWN`, `TOKEN_NOT_ACTIVE`, `TOKEN_EXPIRED`, `TOKEN_DELETED`; a suspended
   * token
   *   is given them all the same, for the device may be lost
   */
  replaceHandles(
    message: WriteMessage,
    wallet: Participant,
    asked: { readonly tokenId: string; readonly cause: 'used' | 'device_lost' },
  ): Promise<KeptAnswer>;
  /**
   * A payer code of the switch's making. A repeated request gets the same one while it is remembered.
   *
   * @throws {TokenError} `TOKEN_UNKNOWN` (also when it takes no payer codes), `TOKEN_NOT_ACTIVE`,
   *   `TOKEN_SUSPENDED`, `TOKEN_EXPIRED`, `TOKEN_DELETED`, `PAYER_CODE_EXPIRED`
   */
  issueCode(message: WriteMessage, wallet: Participant, tokenId: string): Promise<KeptAnswer>;
}

/** What provisioning works with. */
export interface ProvisionServiceOptions {
  readonly database: Database;
  readonly store: TokenStore;
  readonly codes: PayerCodeStore;
  readonly useStore: TokenUseStore;
  readonly audit: AuditService;
  readonly keyring: Keyring;
  readonly vault: Vault;
  readonly networkNumber: string;
  readonly now: () => Date;
  readonly randomInt: (end: number) => number;
}

/** A code that was shown is accepted for this long after its handle was replaced. */
const handleGraceMs = 60_000;

/** Handles and codes for wallets. */
export function createProvisionService(options: ProvisionServiceOptions): ProvisionService {
  const { database, store, codes, useStore, audit, keyring, vault, networkNumber, now } = options;

  /** The wallet's token, locked; `open` are the states it may be in. */
  async function lock(
    connection: Queryable,
    tokenId: string,
    asked: { readonly wallet: Participant; readonly open: readonly TokenState[]; readonly at: Date },
  ): Promise<StoredToken> {
    const stored = await store.lockToken(connection, tokenId as TokenId);
    const isTheirs = stored?.token.wallet === asked.wallet.id;
    if (stored === undefined || !isTheirs || !stored.token.controls.presentments.includes('consumer')) {
      throw new TokenError('TOKEN_UNKNOWN');
    }
    const state = stateAt(stored.token, asked.at);
    if (!asked.open.includes(state)) {
      throw new TokenError(stateCodes[state]);
    }
    return stored;
  }

  async function renderProvision(tokenId: string, batch: string): Promise<KeptAnswer> {
    const stored = (await store.findTokens(database, [tokenId])).get(tokenId);
    const handles = await codes.listHandles(database, { tokenId: tokenId as TokenId, batch });
    const [first] = handles;
    if (stored === undefined || first === undefined) {
      throw new TokenError('TOKEN_UNKNOWN');
    }
    await keyring.ensure([stored.deviceKeyId]);
    const { deviceKeyId } = stored;
    const deviceKey = vault.deriveDeviceKey({ tokenId, deviceKeyId, generation: first.deviceGeneration });
    const provision: PayerCodeProvision = {
      networkNumber: first.networkNumber,
      deviceKey: Buffer.from(deviceKey).toString('base64url'),
      handles: handles.map(({ handle }) => handle),
    };
    return { status: 200, body: JSON.stringify(provision) };
  }

  /** The code a request made. */
  async function renderCode(tokenId: string, digits: string): Promise<KeptAnswer> {
    const found = await codes.findOnlineCode(database, vault.digestCode(networkNumber + digits));
    if (found === undefined) {
      throw new TokenError('PAYER_CODE_EXPIRED');
    }
    const payload = completePayerCode(networkNumber + digits);
    const code: PayerCodeResource = {
      tokenId,
      payload,
      emvCpm: encodePayerCpm(payload),
      expiresAt: found.expiresAt.toISOString(),
    };
    return { status: 201, body: JSON.stringify(code) };
  }

  return {
    async replaceHandles(message, wallet, { tokenId, cause }) {
      assertTokenId(tokenId);
      const batch = message.idempotencyKey;
      return audit.onceRendered(message, tokenId, {
        effect: async (connection) => {
          const at = now();
          const { token } = await lock(connection, tokenId, { wallet, open: ['active', 'suspended'], at });
          const isLost = cause === 'device_lost';
          const deviceGeneration = token.deviceGeneration + (isLost ? 1 : 0);
          const owner = { tokenId: token.id, deviceGeneration, batch };
          await takeHandles(connection, owner, options);
          await codes.retireHandles(connection, owner, new Date(at.getTime() + (isLost ? 0 : handleGraceMs)));
          if (isLost) {
            await store.updateToken(connection, { ...token, deviceGeneration });
            await useStore.resetCounter(connection, token.id);
          }
          const entry = { event: 'replace', actor: 'wallet', participant: wallet.id, at } as const;
          await store.insertEvent(connection, token.id, entry);
        },
        render: (subject) => renderProvision(subject, batch),
      });
    },
    async issueCode(message, wallet, tokenId) {
      assertTokenId(tokenId);
      const digits = onlineMark + vault.makeCodeDigits(message);
      return audit.onceRendered(message, tokenId, {
        effect: async (connection) => {
          const at = now();
          const { token } = await lock(connection, tokenId, { wallet, open: ['active'], at });
          const digest = vault.digestCode(networkNumber + digits);
          const expiresAt = new Date(at.getTime() + onlineLifeMs);
          await codes.insertOnlineCode(connection, { digest, tokenId: token.id, expiresAt });
        },
        render: (subject) => renderCode(subject, digits),
      });
    },
  };
}

const stateCodes: Readonly<Record<TokenState, TokenErrorCode>> = {
  requested: 'TOKEN_NOT_ACTIVE',
  inactive: 'TOKEN_NOT_ACTIVE',
  active: 'TOKEN_STATE_CONFLICT',
  suspended: 'TOKEN_SUSPENDED',
  expired: 'TOKEN_EXPIRED',
  deleted: 'TOKEN_DELETED',
};

function assertTokenId(tokenId: string): asserts tokenId is TokenId {
  if (!isUuid7(tokenId)) {
    throw new TokenError('TOKEN_UNKNOWN');
  }
}
