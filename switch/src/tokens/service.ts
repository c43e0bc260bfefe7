import {
  type AssuranceMethod,
  isUuid7,
  type ParticipantId,
  type PayerCodeProvision,
  type TokenApprovalRequest,
  type TokenCreated,
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
import { takeHandles } from './handle-service.ts';
import type { Keyring } from './keyring-service.ts';
import type { PayerCodeStore } from './payer-code-store.ts';
import type { StoredToken, TokenStore } from './store.ts';
import { actorOf, decideExpiry, hintOf, renderToken, requestorIdOf, type Token } from './token.ts';
import { isContradictory, type TokenControls } from './token-controls.ts';
import type { Vault } from './vault.ts';

/** A token to create, with its values read. */
export interface TokenDraft {
  readonly issuer: ParticipantId;
  readonly account: string;
  readonly controls: TokenControls;
  readonly activation: Token['activation'];
  readonly expiresAt: Date | undefined;
}

/** Creation and look-up; what happens to a token later is in `TokenLifecycle`. */
export interface TokenService {
  /**
   * Creates a token of the wallet after asking the issuer. A repeated request gets the same answer, with the
   * device key, and asks the issuer the same question.
   *
   * @throws {TokenError} `TOKEN_ISSUER_UNKNOWN`, `TOKEN_EXPIRY_INVALID`, `TOKEN_CONTROL_INVALID`,
   *   `TOKEN_ISSUER_DECLINED`, `TOKEN_ISSUER_UNAVAILABLE` (retryable); nothing is written then
   */
  create(message: WriteMessage, wallet: Participant, draft: TokenDraft): Promise<KeptAnswer>;
  /** A token of this wallet or issuer. @throws {TokenError} `TOKEN_UNKNOWN` */
  get(participant: Participant, tokenId: string): Promise<Token>;
}

/** What creating tokens works with. */
export interface TokenServiceOptions {
  readonly database: Database;
  readonly store: TokenStore;
  readonly codes: PayerCodeStore;
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

/** Tokens for wallets and issuers. */
export function createTokenService(options: TokenServiceOptions): TokenService {
  const { database, store, codes, audit, registry, keyring, vault, now } = options;

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
    const handles = await codes.listHandles(database, { tokenId: token.id, batch: undefined });
    const deviceKey = vault.deriveDeviceKey({ tokenId: token.id, deviceKeyId, generation: 0 });
    const payerCode: PayerCodeProvision = {
      networkNumber: handles[0]?.networkNumber ?? options.networkNumber,
      deviceKey: Buffer.from(deviceKey).toString('base64url'),
      handles: handles.map(({ handle }) => handle),
    };
    return { status: 201, body: JSON.stringify({ ...(await asCreated(token)), payerCode } as TokenCreated) };
  }

  /** A token as it was when it was created: its history holds what it was made with. */
  async function asCreated(token: Token) {
    const [entry] = await store.listEvents(database, token.id);
    // Tokens of before the history held it have changed in nothing else.
    return (
      entry?.created ?? renderToken({ ...token, suspendedBy: [], deletedAt: undefined }, token.createdAt)
    );
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
      if (isContradictory(draft.controls)) {
        throw new TokenError('TOKEN_CONTROL_INVALID');
      }
      const id = vault.makeTokenId(message);
      const requestorId = requestorIdOf(options.networkNumber, wallet.number);
      await keyring.refresh();
      const accountMarking = vault.markAccount(draft.account, issuer.id);
      const asked = { tokenId: id, wallet: wallet.id, requestorId, account: draft.account, accountMarking };
      const assuranceMethod = await askIssuer(options, issuer, asked);
      const { account, controls, activation } = draft;
      const createdAt = now();
      const approvedAt = assuranceMethod === 'pending' ? undefined : createdAt;
      const stored: StoredToken = {
        token: {
          id,
          wallet: wallet.id,
          issuer: issuer.id,
          requestorId,
          accountMarking,
          accountHint: hintOf(account),
          assuranceMethod: assuranceMethod === 'pending' ? '00' : assuranceMethod,
          controls,
          activation,
          approvedAt,
          activatedAt: activation === 'at_once' ? approvedAt : undefined,
          suspendedBy: [],
          deletedAt: undefined,
          expiresAt,
          createdAt,
          deviceGeneration: 0,
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
  };
}

function getIssuer(registry: ParticipantRegistry, id: string): Participant {
  const issuer = registry.find(id);
  if (issuer === undefined || issuer.state !== 'active' || !issuer.roles.includes('issuer')) {
    throw new TokenError('TOKEN_ISSUER_UNKNOWN', { path: '/issuer' });
  }
  return issuer;
}

/**
 * How the issuer verified the account holder, or that it still does. @throws {TokenError} `TOKEN_ISSUER_...`
 */
async function askIssuer(
  { client, approvalDeadlineMs }: Pick<TokenServiceOptions, 'client' | 'approvalDeadlineMs'>,
  issuer: Participant,
  request: TokenApprovalRequest,
): Promise<AssuranceMethod | 'pending'> {
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
  return approval.outcome === 'pending' ? 'pending' : (approval.assuranceMethod ?? '00');
}

async function write(
  connection: Queryable,
  stored: StoredToken,
  options: TokenServiceOptions,
): Promise<void> {
  const { store } = options;
  const { token } = stored;
  await store.insertToken(connection, stored);
  await store.insertEvent(connection, token.id, {
    event: 'create',
    actor: 'wallet',
    participant: token.wallet,
    at: token.createdAt,
    created: renderToken(token, token.createdAt),
  });
  if (token.controls.presentments.includes('consumer')) {
    await takeHandles(connection, { tokenId: token.id, deviceGeneration: 0, batch: undefined }, options);
  }
}
