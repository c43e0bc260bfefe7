import { type AssuranceMethod, isUuid7, type TokenId } from '@barlink/protocol';
import type { AuditService, KeptAnswer, WriteMessage } from '../audit/index.ts';
import type { Database, Queryable } from '../database/index.ts';
import type { Participant } from '../participants/index.ts';
import { TokenError } from './errors.ts';
import type { StoredToken, TokenHistoryEntry, TokenStore } from './store.ts';
import { actorOf, decideChange, decideExpiry, renderToken, type Token, type TokenEvent } from './token.ts';
import { isContradictory, isNarrower, type TokenControls } from './token-controls.ts';
import type { TokenRefusal, TokenUseStore } from './token-use-store.ts';

/** What happens to tokens after they were made; everybody does what spec/tokens.md 2 lets them. */
export interface TokenLifecycle {
  /** Makes a move of the table. @throws {TokenError} `TOKEN_UNKNOWN`, `TOKEN_STATE_CONFLICT` */
  change(
    message: WriteMessage,
    participant: Participant,
    to: {
      readonly tokenId: string;
      readonly event: TokenEvent;
      readonly assuranceMethod?: AssuranceMethod | undefined;
    },
  ): Promise<KeptAnswer>;
  /**
   * Puts other controls in the place of a token's: the issuer any, the wallet only narrower ones.
   *
   * @throws {TokenError} `TOKEN_UNKNOWN`, `TOKEN_STATE_CONFLICT` (it is deleted), `TOKEN_EXPIRY_INVALID`,
   *   `TOKEN_CONTROL_INVALID`, `TOKEN_CONTROL_WIDENED`
   */
  control(
    message: WriteMessage,
    participant: Participant,
    to: { readonly tokenId: string; readonly controls: TokenControls; readonly expiresAt: Date | undefined },
  ): Promise<KeptAnswer>;
  /**
   * A token with its history and the payments it refused, for its issuer and the operator.
   *
   * @throws {TokenError} `TOKEN_UNKNOWN`
   */
  inspect(participant: Participant, tokenId: string): Promise<InspectedToken>;
}

/** What the issuer and the operator see of a token. */
export interface InspectedToken {
  readonly token: Token;
  readonly history: readonly TokenHistoryEntry[];
  /** The latest ones, newest first. */
  readonly refusals: readonly TokenRefusal[];
}

/** What changing tokens works with. */
export interface TokenLifecycleOptions {
  readonly database: Database;
  readonly store: TokenStore;
  readonly useStore: TokenUseStore;
  readonly audit: AuditService;
  readonly now: () => Date;
}

/** The life of tokens over their table. */
export function createTokenLifecycle(options: TokenLifecycleOptions): TokenLifecycle {
  const { database, store, useStore, audit, now } = options;

  async function save(connection: Queryable, changed: Token, entry: TokenHistoryEntry): Promise<KeptAnswer> {
    await store.updateToken(connection, changed);
    await store.insertEvent(connection, changed.id, entry);
    return { status: 200, body: JSON.stringify(renderToken(changed, entry.at)) };
  }

  return {
    async change(message, participant, { tokenId, event, assuranceMethod }) {
      assertTokenId(tokenId);
      return audit.once(message, tokenId, async (connection) => {
        const { token } = await lock(connection, tokenId, { store, participant });
        const actor = getActor(token, participant);
        const at = now();
        const changed = decideChange(token, { event, actor, now: at, assuranceMethod });
        if (changed === 'TOKEN_STATE_CONFLICT') {
          throw new TokenError(changed);
        }
        return save(connection, changed, { event, actor, participant: participant.id, at });
      });
    },
    async control(message, participant, { tokenId, controls, expiresAt: asked }) {
      assertTokenId(tokenId);
      return audit.once(message, tokenId, async (connection) => {
        const { token } = await lock(connection, tokenId, { store, participant });
        const actor = getActor(token, participant);
        const at = now();
        const expiresAt = asked === undefined ? token.expiresAt : decideExpiry(asked, at);
        if (expiresAt === 'TOKEN_EXPIRY_INVALID') {
          throw new TokenError(expiresAt, { path: '/expiresAt' });
        }
        const next: Token = { ...token, controls, expiresAt };
        const verdict = decideControl(token, next, actor);
        if (verdict !== 'ok') {
          throw new TokenError(verdict);
        }
        return save(connection, next, { event: 'control', actor, participant: participant.id, at });
      });
    },
    async inspect(participant, tokenId) {
      const token = isUuid7(tokenId)
        ? (await store.findTokens(database, [tokenId])).get(tokenId)?.token
        : undefined;
      if (token === undefined || !['issuer', 'operator'].includes(findActor(token, participant) ?? '')) {
        throw new TokenError('TOKEN_UNKNOWN');
      }
      return {
        token,
        history: await store.listEvents(database, token.id),
        refusals: await useStore.listRefusals(database, token.id),
      };
    },
  };
}

/** Decides whether somebody may give a token these controls. */
function decideControl(
  token: Token,
  next: Token,
  actor: Token['suspendedBy'][number],
): 'ok' | 'TOKEN_STATE_CONFLICT' | 'TOKEN_CONTROL_INVALID' | 'TOKEN_CONTROL_WIDENED' {
  if (token.deletedAt !== undefined) {
    return 'TOKEN_STATE_CONFLICT';
  }
  if (isContradictory(next.controls)) {
    return 'TOKEN_CONTROL_INVALID';
  }
  const before = { ...token.controls, expiresAt: token.expiresAt };
  const isAllowed = actor === 'issuer' || isNarrower({ ...next.controls, expiresAt: next.expiresAt }, before);
  return isAllowed ? 'ok' : 'TOKEN_CONTROL_WIDENED';
}

/** As whom a participant acts; the operator acts on every token. */
function findActor(token: Token, participant: Participant): Token['suspendedBy'][number] | undefined {
  return participant.roles.includes('operator') ? 'operator' : actorOf(token, participant.id);
}

function getActor(token: Token, participant: Participant): Token['suspendedBy'][number] {
  const actor = findActor(token, participant);
  if (actor === undefined) {
    throw new TokenError('TOKEN_UNKNOWN');
  }
  return actor;
}

function assertTokenId(tokenId: string): asserts tokenId is TokenId {
  if (!isUuid7(tokenId)) {
    throw new TokenError('TOKEN_UNKNOWN');
  }
}

/** The token, locked. @throws {TokenError} `TOKEN_UNKNOWN`, also for somebody else's */
async function lock(
  connection: Queryable,
  tokenId: TokenId,
  { store, participant }: { readonly store: TokenStore; readonly participant: Participant },
): Promise<StoredToken> {
  const stored = await store.lockToken(connection, tokenId);
  if (stored === undefined || findActor(stored.token, participant) === undefined) {
    throw new TokenError('TOKEN_UNKNOWN');
  }
  return stored;
}
