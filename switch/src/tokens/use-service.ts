import { isUuid7, type Money, type ParticipantId } from '@barlink/protocol';
import { payerCodeStepSeconds, readPayerCode } from '@barlink/tokens';
import { type Beat, createBatchLoader, type Database, type Queryable } from '../database/index.ts';
import { TokenError } from './errors.ts';
import type { Keyring } from './keyring-service.ts';
import type { OpenedPayerCode, OpenedToken, PayerCodeClaim } from './opened-token.ts';
import { checkPayerCode, isLocked, lockedForMs } from './payer-code.ts';
import type { HandledToken, StoredToken, TokenStore } from './store.ts';
import { decideUse, stateAt } from './token.ts';
import type { Vault } from './vault.ts';

/** What a payment needs of the vault. Every look-up reads the database; many at once share a query. */
export interface TokenUses {
  /**
   * The wallet's token, good for this amount now (merchant-presented).
   *
   * @throws {TokenError} `TOKEN_UNKNOWN` (also for another wallet's), `TOKEN_SUSPENDED`, `TOKEN_EXPIRED`,
   *   `TOKEN_DELETED`, `TOKEN_DOMAIN_FORBIDDEN`, `TOKEN_LIMIT_EXCEEDED`
   */
  useToken(
    tokenId: string,
    use: { readonly wallet: ParticipantId; readonly amount: Money },
  ): Promise<OpenedToken>;
  /**
   * The token of a payer code, good for this amount now (consumer-presented). That it was not used before is
   * decided by `claimPayerCodes`.
   *
   * @throws {ProtocolError} of `@barlink/tokens`: `PAYER_CODE_MALFORMED`, `PAYER_CODE_PREFIX_UNKNOWN`,
   *   `PAYER_CODE_CHECK_DIGIT_MISMATCH`, `PAYER_CODE_EXPIRED`
   * @throws {TokenError} `PAYER_CODE_UNKNOWN`, `PAYER_CODE_LOCKED`, `PAYER_CODE_INVALID`, `TOKEN_SUSPENDED`,
   *   `TOKEN_EXPIRED`, `TOKEN_DELETED`, `TOKEN_LIMIT_EXCEEDED`
   */
  usePayerCode(payload: string, use: { readonly amount: Money }): Promise<OpenedPayerCode>;
  /** The token whatever its state, for a refund of a payment it made. @throws {TokenError} `TOKEN_UNKNOWN` */
  openToken(tokenId: string): Promise<OpenedToken>;
  /** Marks payer codes used, in the payments' transaction; answers for each whether it was the first. */
  claimPayerCodes(connection: Queryable, claims: readonly PayerCodeClaim[]): Promise<readonly boolean[]>;
  /** Forgets uses of codes that expired an hour ago or earlier; for a job that runs now and then. */
  forgetPayerCodeUses(): Promise<number>;
}

/** A code expires with the step after its own; the rest of the hour is for clocks that are set back. */
const forgetUsesAfterMs = 60 * 60 * 1000;
/** Most look-ups that share one query. */
const batchMax = 500;

/** The vault as payments uses it. */
export function createTokenUses(options: {
  readonly database: Database;
  readonly store: TokenStore;
  readonly keyring: Keyring;
  readonly vault: Vault;
  /** Look-ups fall in with it under load. */
  readonly beat?: Beat | undefined;
  readonly now: () => Date;
}): TokenUses {
  const { database, store, keyring, vault, beat, now } = options;

  /** Another process may have made keys since: rows that name one unknown here have it read first. */
  async function withKeys<Stored extends StoredToken>(
    found: ReadonlyMap<string, Stored>,
  ): Promise<ReadonlyMap<string, Stored>> {
    const used = new Set<string>();
    for (const { account, deviceKeyId } of found.values()) {
      used.add(account.keyId).add(deviceKeyId);
    }
    await keyring.ensure(used);
    return found;
  }

  const findToken = createBatchLoader<string, StoredToken>({
    load: async (ids) => withKeys(await store.findTokens(database, ids)),
    batchMax,
    beat,
  });
  const findByHandle = createBatchLoader<string, HandledToken>({
    load: async (keys) => withKeys(await store.findTokensByHandle(database, keys)),
    batchMax,
    beat,
  });

  function open({ token, account }: StoredToken, at: Date): OpenedToken {
    const { id: tokenId, wallet, issuer, presentments, paymentLimit, expiresAt } = token;
    return {
      tokenId,
      wallet,
      issuer,
      account: vault.openAccount(account, { tokenId, issuer }),
      presentments,
      paymentLimit,
      state: stateAt(token, at),
      expiresAt,
    };
  }

  /** The token a payer code shows, once its one-time value holds. */
  async function verifyPayerCode(payload: string, at: Date) {
    const code = readPayerCode(payload);
    const found = await findByHandle(code.networkNumber + code.handle);
    if (found === undefined || !found.token.presentments.includes('consumer')) {
      throw new TokenError('PAYER_CODE_UNKNOWN', { path: '/payload' });
    }
    if (isLocked(found, at)) {
      throw new TokenError('PAYER_CODE_LOCKED', { path: '/payload' });
    }
    const deviceKey = vault.deriveDeviceKey(found.token.id, found.deviceKeyId);
    const proved = checkPayerCode(code, { deviceKey, now: at });
    if (proved === 'PAYER_CODE_INVALID') {
      const forgetBefore = new Date(at.getTime() - lockedForMs);
      await store.countFailure(database, found.token.id, { at, forgetBefore });
      throw new TokenError(proved, { path: '/payload' });
    }
    return { found, proved };
  }

  return {
    async useToken(tokenId, { wallet, amount }) {
      const found = isUuid7(tokenId) ? await findToken(tokenId) : undefined;
      const at = now();
      assertUsable(found, { wallet, presentment: 'merchant', amount, now: at }, '/tokenId');
      return open(found, at);
    },
    async usePayerCode(payload, { amount }) {
      const at = now();
      const { found, proved } = await verifyPayerCode(payload, at);
      assertUsable(found, { presentment: 'consumer', amount, now: at }, '/payload');
      const { networkNumber, handle, step, slot } = proved;
      return {
        token: open(found, at),
        claim: { tokenId: found.token.id, networkNumber, handle, step, slot },
      };
    },
    async openToken(tokenId) {
      const found = isUuid7(tokenId) ? await findToken(tokenId) : undefined;
      if (found === undefined) {
        throw new TokenError('TOKEN_UNKNOWN');
      }
      return open(found, now());
    },
    claimPayerCodes: (connection, claims) => store.claim(connection, claims),
    forgetPayerCodeUses() {
      const before = now().getTime() - forgetUsesAfterMs;
      return store.forgetUses(database, Math.floor(before / (payerCodeStepSeconds * 1000)));
    },
  };
}

function assertUsable(
  found: StoredToken | undefined,
  use: { readonly amount: Money } & Parameters<typeof decideUse>[1],
  path: string,
): asserts found is StoredToken {
  const verdict = decideUse(found?.token, use);
  if (verdict !== 'ok') {
    throw new TokenError(verdict, { path: verdict === 'TOKEN_LIMIT_EXCEEDED' ? '/amount' : path });
  }
}
