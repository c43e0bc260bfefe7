import { isUuid7, type Money, type ParticipantId, type PaymentId, type TokenId } from '@barlink/protocol';
import {
  type Cryptogram,
  TokenError as DeviceError,
  payerCodeStepSeconds,
  verifyCryptogram,
} from '@barlink/tokens';
import { type Beat, createBatchLoader, type Database, type Queryable } from '../database/index.ts';
import { TokenError, type TokenErrorCode } from './errors.ts';
import type { Keyring } from './keyring-service.ts';
import type { OpenedPayerCode, OpenedToken, PayerCodeClaim } from './opened-token.ts';
import { checkPayerCode, isLocked, lockedForMs, nativeHmac, readPresented } from './payer-code.ts';
import type { HandledToken, PayerCodeStore } from './payer-code-store.ts';
import type { RefusalNotes } from './refusal-service.ts';
import type { StoredToken, TokenStore } from './store.ts';
import { createTerminalLimit } from './terminal-limit.ts';
import { stateAt, type Token } from './token.ts';
import { isCounted } from './token-controls.ts';
import { decideUse, type RefusalReason, type TokenUse } from './token-use.ts';
import type { TokenUseClaim, TokenUseStore } from './token-use-store.ts';
import type { Vault } from './vault.ts';

/** What a payment needs of the vault. Every look-up reads the database; many at once share a query. */
export interface TokenUses {
  /**
   * The wallet's token, good for this payment now (merchant-presented).
   *
   * @throws {TokenError} `TOKEN_UNKNOWN` (also for another wallet's, and outside of its domain),
   *   `TOKEN_NOT_ACTIVE`, `TOKEN_SUSPENDED`, `TOKEN_DELETED`, `TOKEN_CRYPTOGRAM_MISSING`,
   *   `TOKEN_CRYPTOGRAM_INVALID`
   */
  useToken(tokenId: string, use: MerchantCodeUse): Promise<OpenedToken>;
  /**
   * The token of a payer code, good for this payment now (consumer-presented). That it was not used before is
   * decided by `claimPayerCodes`.
   *
   * @throws {ProtocolError} of `@barlink/tokens`: `PAYER_CODE_MALFORMED`, `PAYER_CODE_PREFIX_UNKNOWN`,
   *   `PAYER_CODE_CHECK_DIGIT_MISMATCH`, `PAYER_CODE_EXPIRED`
   * @throws {TokenError} `PAYER_CODE_TERMINAL_LIMITED`, `PAYER_CODE_UNKNOWN` (also outside of the token's
   * domain),
   *   `PAYER_CODE_LOCKED`, `PAYER_CODE_INVALID`, `TOKEN_NOT_ACTIVE`, `TOKEN_SUSPENDED`, `TOKEN_DELETED`
   */
  usePayerCode(payload: string, use: PayerCodeUse): Promise<OpenedPayerCode>;
  /** The token whatever its state, for a refund of a payment it made. @throws {TokenError} `TOKEN_UNKNOWN` */
  openToken(tokenId: string): Promise<OpenedToken>;
  /** The marking of the account behind a token, whatever its state. @throws {TokenError} `TOKEN_UNKNOWN` */
  getAccountMarking(tokenId: TokenId): Promise<string>;
  /** Marks payer codes used, in the payments' transaction; answers for each whether it was the first. */
  claimPayerCodes(connection: Queryable, claims: readonly PayerCodeClaim[]): Promise<readonly boolean[]>;
  /**
   * Gives back what payments took of their tokens' limits that came to nothing, then takes for new ones, in
   * the payments' transaction; answers for each taker what does not let it.
   */
  changeTokenUses(
    connection: Queryable,
    uses: { readonly released: readonly PaymentId[]; readonly claims: readonly TokenUseClaim[] },
  ): Promise<readonly (RefusalReason | undefined)[]>;
  /** The refusal of a payment that its token did not let, once its transaction is over. */
  refuse(reason: RefusalReason, use: RefusedUse): TokenError;
  /** Forgets what expired an hour ago or earlier; for a job that runs now and then. */
  forgetPayerCodeUses(): Promise<number>;
}

/** A payment of a merchant's code. */
export interface MerchantCodeUse {
  readonly wallet: ParticipantId;
  readonly amount: Money;
  readonly payee: TokenUse['payee'];
  /** The scanned text and the request's key: what a cryptogram covers. */
  readonly payload: string;
  readonly idempotencyKey: string;
  readonly cryptogram?: Cryptogram | undefined;
}

/** A payment of a payer's code. */
export interface PayerCodeUse {
  readonly amount: Money;
  readonly payee: TokenUse['payee'];
  readonly terminalId: string;
}

/** A payment that was refused when it took of its token's limits. */
export interface RefusedUse {
  readonly claim: Pick<TokenUseClaim, 'tokenId' | 'amount'>;
  readonly sender: ParticipantId;
  readonly payee: TokenUse['payee'];
  readonly presentment: TokenUse['presentment'];
}

/** What the uses of tokens work with. */
export interface TokenUsesOptions {
  readonly database: Database;
  readonly store: TokenStore;
  readonly codes: PayerCodeStore;
  readonly useStore: TokenUseStore;
  readonly keyring: Keyring;
  readonly vault: Vault;
  readonly refusals: RefusalNotes;
  /** Look-ups fall in with it under load. */
  readonly beat?: Beat | undefined;
  readonly now: () => Date;
}

/** A code expires with the step after its own; the rest of the hour is for clocks that are set back. */
const forgetUsesAfterMs = 60 * 60 * 1000;
/** A handle is nobody's for this long (spec/tokens.md 3.4). */
const handleRestMs = 90 * 24 * 60 * 60 * 1000;
/** No payment comes to nothing later than this after it was opened. */
const forgetReservationsAfterMs = 60 * 24 * 60 * 60 * 1000;
/** Most look-ups that share one query. */
const batchMax = 500;

/** The vault as payments uses it. */
export function createTokenUses(options: TokenUsesOptions): TokenUses {
  const { database, codes, useStore, vault, refusals, now } = options;
  const { findToken, getToken, findByHandle, withKeys } = createLookUps(options);
  const limit = createTerminalLimit();

  function note(token: Token, reason: RefusalReason, use: Omit<TokenUse, 'now'>): void {
    refusals.note({
      tokenId: token.id,
      reason,
      sender: use.wallet ?? use.payee.acquirer,
      acquirer: use.payee.acquirer,
      merchantId: use.payee.merchantId,
      amount: use.amount,
    });
  }

  /** Returns when the token serves the payment; otherwise its issuer learns why, and who asks does not. */
  function assertUsable(
    found: StoredToken | undefined,
    use: TokenUse,
    unknown: { readonly code: 'TOKEN_UNKNOWN' | 'PAYER_CODE_UNKNOWN'; readonly path: string },
  ): asserts found is StoredToken {
    const verdict = decideUse(found?.token, use);
    if (verdict === 'ok') {
      return;
    }
    if (found !== undefined) {
      note(found.token, verdict.reason, use);
    }
    const { code } = verdict;
    throw new TokenError(code === 'TOKEN_UNKNOWN' ? unknown.code : code, { path: unknown.path });
  }

  function open({ token, account }: StoredToken, at: Date, counter?: number): OpenedToken {
    const { id: tokenId, wallet, issuer, accountMarking, expiresAt } = token;
    return {
      tokenId,
      wallet,
      issuer,
      account: vault.openAccount(account, { tokenId, issuer }),
      accountMarking,
      state: stateAt(token, at),
      expiresAt,
      taken: isCounted(token.controls) || counter !== undefined ? { counter } : undefined,
    };
  }

  function checkCryptogram({ token, deviceKeyId }: StoredToken, use: MerchantCodeUse): void {
    const { cryptogram } = use;
    if (cryptogram === undefined) {
      if (token.controls.cryptogram === 'required') {
        note(token, 'cryptogram', { ...use, presentment: 'merchant' });
        throw new TokenError('TOKEN_CRYPTOGRAM_MISSING', { path: '/cryptogram' });
      }
      return;
    }
    const device = { tokenId: token.id, deviceKeyId, generation: token.deviceGeneration };
    try {
      const deviceKey = vault.deriveDeviceKey(device);
      verifyCryptogram({ tokenId: token.id, deviceKey, hmacSha256: nativeHmac, ...use, cryptogram });
    } catch (cause) {
      if (!(cause instanceof DeviceError)) {
        throw cause;
      }
      note(token, 'cryptogram', { ...use, presentment: 'merchant' });
      throw new TokenError('TOKEN_CRYPTOGRAM_INVALID', { path: '/cryptogram', cause });
    }
  }

  /** Counts a wrong value; of many at once no more than five are told that they were wrong. */
  async function refuseValue(found: HandledToken, use: PayerCodeUse, at: Date): Promise<never> {
    const times = { at, forgetBefore: new Date(at.getTime() - lockedForMs) };
    const isCountedWrong = await codes.countFailure(database, found.token.id, times);
    note(found.token, 'payer_code', { ...use, presentment: 'consumer' });
    throw new TokenError(isCountedWrong ? 'PAYER_CODE_INVALID' : 'PAYER_CODE_LOCKED', { path: '/payload' });
  }

  /** The token a payer code shows and what to claim, once its one-time value holds. */
  async function verifyPayerCode(payload: string, use: PayerCodeUse, at: Date) {
    const code = readPresented(payload);
    if (code.onlineDigits !== undefined) {
      const digest = vault.digestCode(code.networkNumber + code.onlineDigits);
      const found = await codes.findOnlineCode(database, digest);
      await withKeys(new Map(found === undefined ? [] : [['', found]]));
      if (found === undefined) {
        throw new TokenError('PAYER_CODE_UNKNOWN', { path: '/payload' });
      }
      if (found.expiresAt <= at) {
        throw new TokenError('PAYER_CODE_EXPIRED', { path: '/payload' });
      }
      const handle = Buffer.from(digest).toString('base64url');
      return { found, claim: { handle, step: stepAt(found.expiresAt), slot: 0 }, code };
    }
    const found = await findByHandle(code.networkNumber + code.handle);
    if (found === undefined || !found.token.controls.presentments.includes('consumer')) {
      throw new TokenError('PAYER_CODE_UNKNOWN', { path: '/payload' });
    }
    if (isLocked(found, at)) {
      throw new TokenError('PAYER_CODE_LOCKED', { path: '/payload' });
    }
    const { deviceKeyId, handleGeneration: generation } = found;
    const deviceKey = vault.deriveDeviceKey({ tokenId: found.token.id, deviceKeyId, generation });
    const proved = checkPayerCode(code, { deviceKey, now: at });
    return proved === 'PAYER_CODE_INVALID'
      ? refuseValue(found, use, at)
      : { found, claim: { handle: proved.handle, step: proved.step, slot: proved.slot }, code };
  }

  return {
    async useToken(tokenId, use) {
      const found = isUuid7(tokenId) ? await findToken(tokenId) : undefined;
      const at = now();
      const unknown = { code: 'TOKEN_UNKNOWN', path: '/tokenId' } as const;
      const { wallet, amount, payee } = use;
      assertUsable(found, { wallet, amount, payee, presentment: 'merchant', now: at }, unknown);
      checkCryptogram(found, use);
      return open(found, at, use.cryptogram?.counter);
    },
    async usePayerCode(payload, use) {
      const at = now();
      const terminal = { acquirer: use.payee.acquirer, terminal: use.terminalId };
      if (limit.isOver(terminal, at)) {
        throw new TokenError('PAYER_CODE_TERMINAL_LIMITED', { path: '/terminalId' });
      }
      try {
        const { found, claim, code } = await verifyPayerCode(payload, use, at);
        const unknown = { code: 'PAYER_CODE_UNKNOWN', path: '/payload' } as const;
        const { amount, payee } = use;
        assertUsable(found, { amount, payee, presentment: 'consumer', now: at }, unknown);
        const { networkNumber } = code;
        return { token: open(found, at), claim: { tokenId: found.token.id, networkNumber, ...claim } };
      } catch (error) {
        if (error instanceof TokenError && wrongCodes.has(error.code)) {
          limit.countWrong(terminal, at);
        }
        throw error;
      }
    },
    openToken: async (tokenId) => open(await getToken(tokenId), now()),
    getAccountMarking: async (tokenId) => (await getToken(tokenId)).token.accountMarking,
    claimPayerCodes: (connection, claims) =>
      codes.claim(connection, claims, new Date(now().getTime() - lockedForMs)),
    changeTokenUses: (connection, uses) => useStore.change(connection, uses),
    refuse(reason, { claim, sender, payee, presentment }) {
      const { tokenId, amount } = claim;
      const { acquirer, merchantId } = payee;
      refusals.note({ tokenId, reason, sender, acquirer, merchantId, amount });
      if (reason === 'counter') {
        return new TokenError('TOKEN_COUNTER_USED', { path: '/cryptogram/counter' });
      }
      return presentment === 'merchant'
        ? new TokenError('TOKEN_UNKNOWN', { path: '/tokenId' })
        : new TokenError('PAYER_CODE_UNKNOWN', { path: '/payload' });
    },
    async forgetPayerCodeUses() {
      const at = now().getTime();
      await useStore.forget(database, new Date(at - forgetReservationsAfterMs));
      const expired = new Date(at - forgetUsesAfterMs);
      return codes.forget(database, { step: stepAt(expired), expired, retired: new Date(at - handleRestMs) });
    },
  };
}

/** Refusals that count against the terminal that showed the code. */
const wrongCodes: ReadonlySet<TokenErrorCode> = new Set<TokenErrorCode>([
  'PAYER_CODE_UNKNOWN',
  'PAYER_CODE_INVALID',
  'PAYER_CODE_LOCKED',
]);

const stepAt = (at: Date) => Math.floor(at.getTime() / (payerCodeStepSeconds * 1000));

/**
 * Look-ups that gather; another process may have made keys since: rows that name unknown ones have them read.
 */
function createLookUps({ database, store, codes, keyring, beat, now }: TokenUsesOptions) {
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
  return {
    withKeys,
    findToken,
    async getToken(tokenId: string) {
      const found = isUuid7(tokenId) ? await findToken(tokenId) : undefined;
      if (found === undefined) {
        throw new TokenError('TOKEN_UNKNOWN');
      }
      return found;
    },
    findByHandle: createBatchLoader<string, HandledToken>({
      load: async (keys) => withKeys(await codes.findTokensByHandle(database, keys, now())),
      batchMax,
      beat,
    }),
  };
}
