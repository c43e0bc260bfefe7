import { isUuid7, type Money } from '@barlink/protocol';
import { readPayerCode } from '@barlink/tokens';
import { createBatchLoader, type Database } from '../database/index.ts';
import { TokenError } from './errors.ts';
import type { OpenedToken, TokenUses } from './faces.ts';
import type { Keyring } from './keyring.ts';
import { checkPayerCode, isLocked, lockedForMs } from './payer-code.ts';
import type { HandledToken, StoredToken, TokenStore } from './store.ts';
import { decideUse, stateAt } from './token.ts';
import type { Vault } from './vault.ts';

/** Most look-ups that share one query. */
const batchMax = 500;

/** The vault as payments uses it. */
export function createTokenUses(options: {
  readonly database: Database;
  readonly store: TokenStore;
  readonly keyring: Keyring;
  readonly vault: Vault;
  readonly now: () => Date;
}): TokenUses {
  const { database, store, keyring, vault, now } = options;

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
  });
  const findByHandle = createBatchLoader<string, HandledToken>({
    load: async (keys) => withKeys(await store.findTokensByHandle(database, keys)),
    batchMax,
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
