import {
  isUuid7,
  type Money,
  type ParticipantId,
  type PayerCodeProvision,
  type Presentment,
  type TokenApprovalRequest,
  type TokenCreated,
  type TokenId,
} from '@barlink/protocol';
import type { AuditService, KeptAnswer, WriteMessage } from '../audit/index.ts';
import type { Database, Queryable } from '../database/index.ts';
import {
  type Participant,
  type ParticipantLine,
  type ParticipantRegistry,
  ParticipantSilence,
} from '../participants/index.ts';
import { readApproval } from './approval.ts';
import { TokenError } from './errors.ts';
import type { Keyring } from './keyring-service.ts';
import type { StoredToken, TokenStore } from './store.ts';
import {
  actorOf,
  decideChange,
  decideExpiry,
  hintOf,
  renderToken,
  type Token,
  type TokenEvent,
} from './token.ts';
import type { Vault } from './vault.ts';

/** A token to create, with its values read. */
export interface TokenDraft {
  readonly issuer: ParticipantId;
  readonly account: string;
  readonly presentments: readonly Presentment[];
  readonly paymentLimit: Money | undefined;
  readonly expiresAt: Date | undefined;
}

/** Use cases of wallets and issuers; what payments needs is in `TokenUses`. */
export interface TokenService {
  /**
   * Creates a token of the wallet after asking the issuer. A repeated request gets the same answer, with the
   * device key, and asks the issuer the same question.
   *
   * @throws {TokenError} `TOKEN_ISSUER_UNKNOWN`, `TOKEN_EXPIRY_INVALID`, `TOKEN_ISSUER_DECLINED`,
   *   `TOKEN_ISSUER_UNAVAILABLE` (retryable); nothing is written then
   */
  create(message: WriteMessage, wallet: Participant, draft: TokenDraft): Promise<KeptAnswer>;
  /** A token of this wallet or issuer. @throws {TokenError} `TOKEN_UNKNOWN` */
  get(participant: Participant, tokenId: string): Promise<Token>;
  /** Suspends, resumes or deletes. @throws {TokenError} `TOKEN_UNKNOWN`, `TOKEN_STATE_CONFLICT` */
  change(
    message: WriteMessage,
    participant: Participant,
    to: { tokenId: string; event: TokenEvent },
  ): Promise<KeptAnswer>;
}

export interface TokenServiceOptions {
  readonly database: Database;
  readonly store: TokenStore;
  readonly audit: AuditService;
  readonly registry: ParticipantRegistry;
  readonly client: ParticipantLine;
  readonly keyring: Keyring;
  readonly vault: Vault;
  /** Four digits that lead payer codes to this network. */
  readonly networkNumber: string;
  readonly approvalDeadlineMs: number;
  readonly now: () => Date;
  /** A whole number from 0 up to, not including, `end`, by chance. */
  readonly randomInt: (end: number) => number;
}

/** Handles of one token: its codes take them in turn, so that two codes do not show the same one. */
export const handlesPerToken = 4;

/** Tokens for wallets and issuers. */
export function createTokenService(options: TokenServiceOptions): TokenService {
  const { database, store, audit, registry, keyring, vault, now } = options;

  async function load(tokenId: string): Promise<StoredToken | undefined> {
    return isUuid7(tokenId) ? (await store.findTokens(database, [tokenId])).get(tokenId) : undefined;
  }

  /** The answer to the creation, from columns that never change. */
  async function renderCreated(tokenId: string): Promise<KeptAnswer> {
    const stored = await load(tokenId);
    if (stored === undefined) {
      throw new Error(`the token ${tokenId} was recorded and is not there`);
    }
    const { token, deviceKeyId } = stored;
    await keyring.ensure([deviceKeyId]);
    const handles = await store.listHandles(database, token.id);
    const payerCode: PayerCodeProvision = {
      networkNumber: handles[0]?.networkNumber ?? options.networkNumber,
      deviceKey: Buffer.from(vault.deriveDeviceKey(token.id, deviceKeyId)).toString('base64url'),
      handles: handles.map(({ handle }) => handle),
    };
    const asCreated = { ...token, suspendedBy: [], deletedAt: undefined };
    const created: TokenCreated = { ...renderToken(asCreated, token.createdAt), payerCode };
    return { status: 201, body: JSON.stringify(created) };
  }

  return {
    async create(message, wallet, draft) {
      // Sealed before it is compared or kept: what is kept of an earlier one is sealed too.
      const sealed = vault.sealMessage(message);
      const earlier = await audit.findEarlier(sealed);
      if (earlier !== undefined) {
        return renderCreated(earlier.subject);
      }
      const issuer = getIssuer(registry, draft.issuer);
      const expiresAt = decideExpiry(draft.expiresAt, now());
      if (expiresAt === 'TOKEN_EXPIRY_INVALID') {
        throw new TokenError(expiresAt, { path: '/expiresAt' });
      }
      const id = vault.makeTokenId(message);
      await askIssuer(options, issuer, { tokenId: id, wallet: wallet.id, account: draft.account });
      await keyring.refresh();
      const { account, presentments, paymentLimit } = draft;
      const stored: StoredToken = {
        token: {
          id,
          wallet: wallet.id,
          issuer: issuer.id,
          accountMarking: vault.markAccount(account, issuer.id),
          accountHint: hintOf(account),
          presentments,
          paymentLimit,
          suspendedBy: [],
          deletedAt: undefined,
          expiresAt,
          createdAt: now(),
        },
        account: vault.sealAccount(account, { tokenId: id, issuer: issuer.id }),
        deviceKeyId: vault.deviceKeyId,
      };
      return audit.onceRendered(sealed, id, {
        effect: (connection) => write(connection, stored, options),
        render: renderCreated,
      });
    },
    async get(participant, tokenId) {
      const token = (await load(tokenId))?.token;
      if (token === undefined || actorOf(token, participant.id) === undefined) {
        throw new TokenError('TOKEN_UNKNOWN');
      }
      return token;
    },
    async change(message, participant, { tokenId, event }) {
      if (!isUuid7(tokenId)) {
        throw new TokenError('TOKEN_UNKNOWN');
      }
      return audit.once(message, tokenId, async (connection) => {
        const stored = await store.lockToken(connection, tokenId as TokenId);
        const actor = stored === undefined ? undefined : actorOf(stored.token, participant.id);
        if (stored === undefined || actor === undefined) {
          throw new TokenError('TOKEN_UNKNOWN');
        }
        const at = now();
        const changed = decideChange(stored.token, { event, actor, now: at });
        if (changed === 'TOKEN_STATE_CONFLICT') {
          throw new TokenError(changed);
        }
        await store.updateToken(connection, changed);
        await store.insertEvent(connection, changed.id, { event, actor, participant: participant.id, at });
        return { status: 200, body: JSON.stringify(renderToken(changed, at)) };
      });
    },
  };
}

function getIssuer(registry: ParticipantRegistry, id: string): Participant {
  const issuer = registry.find(id);
  if (issuer === undefined || issuer.state !== 'active' || !issuer.roles.includes('issuer')) {
    throw new TokenError('TOKEN_ISSUER_UNKNOWN', { path: '/issuer' });
  }
  return issuer;
}

/** Returns when the issuer approves. @throws {TokenError} `TOKEN_ISSUER_...` */
async function askIssuer(
  { client, approvalDeadlineMs }: Pick<TokenServiceOptions, 'client' | 'approvalDeadlineMs'>,
  issuer: Participant,
  request: TokenApprovalRequest,
): Promise<void> {
  const word = await client
    .post(issuer, '/token-approvals', request, { deadlineMs: approvalDeadlineMs })
    .catch((cause: unknown) => {
      if (cause instanceof ParticipantSilence) {
        throw new TokenError('TOKEN_ISSUER_UNAVAILABLE', { cause });
      }
      throw cause;
    });
  const approval = readApproval(word);
  if (approval === undefined) {
    throw new TokenError('TOKEN_ISSUER_UNAVAILABLE');
  }
  if (approval.outcome === 'declined') {
    throw new TokenError(
      'TOKEN_ISSUER_DECLINED',
      approval.reason === undefined ? {} : { reason: approval.reason },
    );
  }
}

async function write(
  connection: Queryable,
  stored: StoredToken,
  options: TokenServiceOptions,
): Promise<void> {
  const { store, networkNumber, randomInt } = options;
  const { token } = stored;
  await store.insertToken(connection, stored);
  await store.insertEvent(connection, token.id, {
    event: 'create',
    actor: 'wallet',
    participant: token.wallet,
    at: token.createdAt,
  });
  if (token.presentments.includes('consumer')) {
    await takeHandles(connection, token.id, { store, networkNumber, randomInt });
  }
}

/** Rounds of looking for free handles; with half of all taken, sixteen in a row fail once in 16,000. */
const handleRoundsMax = 16;

async function takeHandles(
  connection: Queryable,
  tokenId: TokenId,
  { store, networkNumber, randomInt }: Pick<TokenServiceOptions, 'store' | 'networkNumber' | 'randomInt'>,
): Promise<void> {
  let missing = handlesPerToken;
  for (let round = 0; round < handleRoundsMax && missing > 0; round += 1) {
    const keys = Array.from({ length: missing }, () => ({
      networkNumber,
      handle: String(randomInt(90_000_000)).padStart(8, '0'),
    }));
    missing -= (await store.insertHandles(connection, tokenId, keys)).length;
  }
  if (missing > 0) {
    throw new Error(`network number ${networkNumber} has too few free handles`);
  }
}
